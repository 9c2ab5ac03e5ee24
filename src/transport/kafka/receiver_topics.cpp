// Which topics a receiver reads, and what becomes of it when one is gone, made anew, or cut.
#include "transport/kafka/receiver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "transport/kafka/failed.hpp"
#include "transport/kafka/plan.hpp"

namespace holdfast::transport::kafka {

/// A topic may be made, or grow, at any time. A look that fails is no reason to end what works.
void Receiver::look_for_topics() {
  if (now() < look_at_ || group_->client().away()) return;
  look_at_ = now() + settings_->look_for_topics;
  look_for_logs_made_anew();
  try {
    subscribe_to(group_->admin(settings_->look_timeout).all_topics(topics_));
  } catch (const Failed& failed) {
    if (topics_.empty() || blame_of(failed.code()) == ports::Blame::the_setup) throw;
  }
}

/// librdkafka 2.0 knows no ids of topics: one that ends before where we are is another one. Its own idea of the end may be of the time
/// before the partition went to somebody else and came back, so the broker has the last word.
void Receiver::look_for_logs_made_anew() {
  for (const auto& [session, part] : parts_) {
    std::int64_t low = -1, high = -1;
    const auto& [topic, partition] = part.place();
    if (rd_kafka_get_watermark_offsets(group_->client().get(), topic.c_str(), partition, &low, &high) ==
            RD_KAFKA_RESP_ERR_NO_ERROR &&
        high >= 0 && part.position() > high && part.position() > group_->high_of(part.place()))
      lost_to_retention(part.place());
  }
}

/// Other topics than before that match: a new subscription.
void Receiver::subscribe_to(const Topics& all) {
  const auto dead = dead_letter_topic(queue_.name);
  auto topics = is_dlq() ? (all.contains(dead) ? std::vector{dead} : std::vector<std::string>())
                         : read_by(*settings_, queue_, all);
  missing_ = topics.empty();
  if (missing_) throw Unavailable("there is no topic for " + queue_.name + " yet; it is looked for again");
  std::vector<Place> places;
  for (const auto& topic : topics)
    for (int i = 0; i < all.at(topic).partitions; ++i) places.push_back({topic, i});
  const bool grown = partitions_ != places.size();
  partitions_ = places.size();
  if (topics == topics_ && std::ranges::any_of(parts_, [](const auto& p) { return p.second.gone; }))
    throw Unavailable("a topic of " + queue_.name + " was made anew; it begins with its first event");
  if (topics == topics_ && !(is_dlq() && grown)) return;
  topics_ = std::move(topics);
  if (!is_dlq()) return group_->subscribe(topics_);
  end_sessions();
  begin(places);
}

/// By the next look it is not there, or made anew.
void Receiver::missing(rd_kafka_topic_partition_t* at) {
  look_at_ = std::min(look_at_, now() + settings_->probe);
  if (!at) return;
  if (Assigned* const part = find({at->topic, at->partition})) part->gone = true;
  rd_kafka_topic_partition_destroy(at);
}

void Receiver::lost_to_retention(const Place& place) {
  const auto marks = group_->admin().marks(place);
  const auto at = find(place)->position();
  const auto where = fmt::format("{}/{}", place.topic, place.partition);
  if (at >= marks.low && at <= marks.high)
    throw Unavailable("where " + where + " stands was not known; it begins anew");
  if (at > marks.high)
    throw Unavailable(
        fmt::format("{} ends at offset {}, and group {} stands at {}: the topic was made anew or cut. Nothing "
                    "of it is received. Set the group's offsets (kafka-consumer-groups.sh --reset-offsets)",
                    where, marks.high, name_, at));
  throw Unavailable(
      fmt::format("the events {} to {} of {} were deleted by the topic's retention before group {} received them. "
                  "Nothing of it is received "
                  "until somebody decides: `holdfast outbox republish` at each producer sends them again; then let the "
                  "group go on at the "
                  "first that is left (kafka-consumer-groups.sh --reset-offsets --to-offset {})",
                  at, marks.low - 1, where, name_, marks.low));
}

}  // namespace holdfast::transport::kafka

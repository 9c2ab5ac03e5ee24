// Partitions that come and go, and how far they have come.
#include "transport/kafka/receiver.hpp"

#include <algorithm>

#include "holdfast/errors.hpp"

namespace holdfast::transport::kafka {

void Receiver::rebalance(rd_kafka_event_t* event) {
  auto places = places_in(rd_kafka_event_topic_partition_list(event));
  if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    begin(places);
    return;
  }
  const bool all = !group_->cooperative();
  leaving_ = std::move(places);
  for (auto& [session, part] : parts_)
    if (all || std::ranges::count(leaving_, part.place()) > 0) part.leaving = true;
  std::erase_if(held_, [&](const Held& held) { return parts_.at(held.delivery.session).leaving; });
  leave_by_ = now() + (group_->lost() ? ports::Millis(0) : settings_->revoke_patience);
  finish_leaving();
}

void Receiver::begin(const std::vector<Place>& places) {
  const auto starts = group_->starts(places);
  std::vector<Commit> marks;
  for (const auto& start : starts) {
    const auto end = start.metadata.empty() ? start.offset : group_->high_of(start.place);
    ++session_;
    Assigned& part = parts_
                         .emplace(session_, Assigned(start.place, session_, start.offset, start.metadata, end,
                                                     settings_->said_ahead))
                         .first->second;
    marks.push_back({start.place, start.offset, part.while_open()});
  }
  if (!group_->commit_now(marks, settings_->options.answer_timeout))
    throw Unavailable("the offsets of group " + name_ + " cannot be committed; it begins anew");
  for (const auto& start : starts) find(start.place)->committed(start.offset);
  group_->assign(starts);
  if (paused_) group_->pause(places);
  joined_ = true;
  pause_ = settings_->retry_first;
}

void Receiver::finish_leaving() {
  if (!leave_by_) return;
  const bool at_work =
      std::ranges::any_of(parts_, [](const auto& p) { return p.second.leaving && p.second.open() > 0; });
  if (at_work && now() < *leave_by_) return;
  std::vector<std::uint64_t> sessions;
  for (const auto& [session, part] : parts_)
    if (part.leaving) sessions.push_back(session);
  give_up(sessions);
  joined_ = !group_->lost();
  leave_by_.reset();
  group_->revoke(std::exchange(leaving_, {}));
}

/// Whether or not the commit arrives: at worst others get what the inbox knows. Who lost them commits nothing.
void Receiver::give_up(const std::vector<std::uint64_t>& sessions) {
  std::vector<Commit> commits;
  std::vector<Place> places;
  for (const auto session : sessions) {
    const auto& part = parts_.at(session);
    places.push_back(part.place());
    if (!part.gone) commits.push_back({part.place(), part.position(), part.at_its_end()});
    ended_.push_back(session);
  }
  if (!group_->lost() && !group_->client().away()) group_->commit_now(commits, settings_->farewell);
  if (paused_) group_->resume(places);  // librdkafka would remember it when the partition comes back
  std::erase_if(held_, [&](const Held& held) { return std::ranges::count(sessions, held.delivery.session) > 0; });
  for (const auto session : sessions) parts_.erase(session);
}

/// One commit at a time: what is settled meanwhile goes with the next. None while brokers are away: one that waits in librdkafka until the
/// group has lost this member is answered with a fatal error.
void Receiver::commit() {
  if (committing_ || now() < commit_at_ || group_->client().away() || group_->lost()) return;
  std::vector<Commit> commits;
  for (auto& [session, part] : parts_)
    if (part.has_to_commit() && !part.gone) commits.push_back({part.place(), part.position(), part.while_open()});
  if (commits.empty()) return;
  group_->commit_soon(commits);
  committing_ = true;
}

void Receiver::committed(rd_kafka_event_t* event) {
  committing_ = false;
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) commit_at_ = now() + settings_->commit_again;
  const auto* const list = rd_kafka_event_topic_partition_list(event);
  for (int i = 0; list && i < list->cnt; ++i)
    if (Assigned* const part = find({list->elems[i].topic, list->elems[i].partition});
        part && list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
        rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
      part->committed(list->elems[i].offset);
  commit();
}

}  // namespace holdfast::transport::kafka

#include "transport/kafka/group.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>

#include "transport/kafka/failed.hpp"

namespace holdfast::transport::kafka {
namespace {

/// A rebalance waits as long for a member that died in it, by this and not by the session: librdkafka's own are five minutes.
constexpr std::int64_t polls_within = 60'000;

Properties properties(const Settings& settings, const std::string& group, const std::string& instance,
                      Membership membership) {
  const auto& o = settings.options;
  const auto timeout = o.session_timeout.count();
  Properties all{{"client.id", instance},
                 {"group.id", group},
                 {"enable.auto.commit", "false"},
                 {"enable.auto.offset.store", "false"},
                 {"auto.offset.reset", "error"},  // what is lost must not be passed over unseen
                 {"enable.partition.eof", "true"},
                 {"session.timeout.ms", std::to_string(timeout)},
                 {"max.poll.interval.ms", std::to_string(std::max<std::int64_t>(timeout, polls_within))},
                 {"heartbeat.interval.ms", std::to_string(std::max<std::int64_t>(1, timeout / 4))},
                 {"queued.min.messages", "5000"},
                 {"queued.max.messages.kbytes", "16384"},
                 {"partition.assignment.strategy",
                  o.rebalance == holdfast::kafka::Rebalance::cooperative ? "cooperative-sticky" : "range,roundrobin"}};
  if (!o.instance.empty() && membership == Membership::member) all.push_back({"group.instance.id", o.instance});
  return all;
}

void check(const std::string& what, rd_kafka_resp_err_t code) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw Failed(what, code);
}

void check(const std::string& what, rd_kafka_error_t* error) {
  if (!error) return;
  const Failed failed(what, rd_kafka_error_code(error), rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  throw Failed(failed);
}

Offsets list_of(const std::vector<Commit>& commits) {
  Offsets list(rd_kafka_topic_partition_list_new(static_cast<int>(commits.size())));
  for (const auto& commit : commits) {
    auto* one = rd_kafka_topic_partition_list_add(list.get(), commit.place.topic.c_str(), commit.place.partition);
    one->offset = commit.offset;
    one->metadata = strdup(commit.metadata.c_str());  // the list frees it
    one->metadata_size = commit.metadata.size();
  }
  return list;
}

}  // namespace

Offsets list_of(const std::vector<Place>& places) {
  Offsets list(rd_kafka_topic_partition_list_new(static_cast<int>(places.size())));
  for (const auto& [topic, partition] : places) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  return list;
}

std::vector<Place> places_in(const rd_kafka_topic_partition_list_t* list) {
  std::vector<Place> places;
  if (list)
    for (const auto& one : std::span(list->elems, static_cast<std::size_t>(list->cnt)))
      places.push_back({one.topic, one.partition});
  return places;
}

Group::Group(const Settings& settings, const std::string& group, const std::string& instance, Membership membership,
             Bell& bell)
    : settings_(settings),
      bell_(bell),
      membership_(membership),
      client_(RD_KAFKA_CONSUMER, settings, properties(settings, group, instance, membership),
              RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT, bell) {
  client_.connect();
}

Group::~Group() = default;

bool Group::cooperative() const {
  const char* const protocol = rd_kafka_rebalance_protocol(client_.get());
  return protocol && std::strcmp(protocol, "COOPERATIVE") == 0;
}

void Group::subscribe(const std::vector<std::string>& topics) {
  std::vector<Place> all;
  for (const auto& topic : topics) all.push_back({topic, RD_KAFKA_PARTITION_UA});
  check("the subscription", rd_kafka_subscribe(client_.get(), list_of(all).get()));
}

std::vector<Start> Group::starts(const std::vector<Place>& places) const {
  std::vector<Start> all;
  if (places.empty()) return all;
  const auto list = list_of(places);
  check("the offsets of the group",
        rd_kafka_committed(client_.get(), list.get(), static_cast<int>(settings_.options.answer_timeout.count())));
  for (const auto& one : std::span(list->elems, static_cast<std::size_t>(list->cnt))) {
    check("the offsets of the group", one.err);
    Start start{{one.topic, one.partition}, one.offset};
    if (one.metadata) start.metadata.assign(static_cast<const char*>(one.metadata), one.metadata_size);
    // Dead letters that retention took are no loss: they are copies.
    if (one.offset < 0 || membership_ == Membership::reader)
      start.offset = std::max(one.offset, admin().marks(start.place).low);
    all.push_back(std::move(start));
  }
  return all;
}

std::int64_t Group::high_of(const Place& place) const {
  try {
    return admin(settings_.look_timeout).marks(place).high;
  } catch (const Failed& failed) {  // one that has no leader now must not stop the others
    if (blame_of(failed.code()) == ports::Blame::the_setup) throw;
    return std::numeric_limits<std::int64_t>::max();
  }
}

void Group::assign(const std::vector<Start>& more) {
  std::vector<Commit> all;
  for (const auto& start : more) all.push_back({start.place, start.offset, {}});
  const auto list = list_of(all);
  if (membership_ == Membership::member && cooperative())
    return check("the assignment", rd_kafka_incremental_assign(client_.get(), list.get()));
  check("the assignment", rd_kafka_assign(client_.get(), list.get()));
}

void Group::revoke(const std::vector<Place>& places) {
  if (cooperative())
    return check("the assignment", rd_kafka_incremental_unassign(client_.get(), list_of(places).get()));
  check("the assignment", rd_kafka_assign(client_.get(), nullptr));
}

void Group::commit_soon(const std::vector<Commit>& commits) {
  check("the commit of offsets",
        rd_kafka_commit_queue(client_.get(), list_of(commits).get(), client_.queue(), nullptr, nullptr));
}

bool Group::commit_now(const std::vector<Commit>& commits, ports::Millis within) {
  if (commits.empty()) return true;
  const Queue queue(rd_kafka_queue_new(client_.get()));
  if (rd_kafka_commit_queue(client_.get(), list_of(commits).get(), queue.get(), nullptr, nullptr)) return false;
  const Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>(within.count())));
  return event && rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void Group::pause(const std::vector<Place>& places) { rd_kafka_pause_partitions(client_.get(), list_of(places).get()); }

void Group::resume(const std::vector<Place>& places) {
  rd_kafka_resume_partitions(client_.get(), list_of(places).get());
}

void Group::leave() {
  if (membership_ == Membership::reader || client_.away()) return;
  if (rd_kafka_error_t* error = rd_kafka_consumer_close_queue(client_.get(), client_.queue()))
    return rd_kafka_error_destroy(error);
  const auto until = bell_.now() + settings_.farewell;
  while (!rd_kafka_consumer_closed(client_.get()) && bell_.now() < until) {
    const Event event = client_.poll(bell_.now() + ports::Millis(20));
    if (!event || rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_REBALANCE) continue;
    if (cooperative() && rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
      if (auto* error = rd_kafka_incremental_unassign(client_.get(), rd_kafka_event_topic_partition_list(event.get())))
        rd_kafka_error_destroy(error);
    } else {
      rd_kafka_assign(client_.get(), nullptr);
    }
  }
}

}  // namespace holdfast::transport::kafka

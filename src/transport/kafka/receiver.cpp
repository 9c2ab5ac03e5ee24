#include "transport/kafka/receiver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "holdfast/detail/json.hpp"
#include "transport/kafka/failed.hpp"
#include "transport/kafka/message.hpp"
#include "transport/kafka/plan.hpp"

namespace holdfast::transport::kafka {
namespace {

constexpr std::size_t most_at_once = 256;  // events may be large, and whoever waits for many can have the first ones

/// Of a foreign program's event in a shared topic: the body says it.
std::string type_in(const std::string& body) try {
  return std::string(detail::JsonValue::parse(body).at("eventType").text());
} catch (const Invalid&) { return ""; }

}  // namespace

Receiver::Receiver(std::shared_ptr<const Settings> settings, const ports::Clock& clock, ports::Queue queue,
                   std::string instance, Membership membership)
    : settings_(std::move(settings)),
      queue_(std::move(queue)),
      instance_(std::move(instance)),
      membership_(membership),
      name_(is_dlq() ? dead_letter_topic(queue_.name) : group_of(queue_.name)),
      bell_(clock),
      pause_(settings_->retry_first),
      random_(std::random_device{}()) {}

/// As a process that dies, but that others need not wait for it.
Receiver::~Receiver() {
  if (group_) group_->leave();
}

std::string Receiver::dead_letter_destination() const { return is_dlq() ? "" : dead_letter_topic(queue_.name); }

void Receiver::pump(ports::Tick until, ports::Received& out) {
  bool called = false;
  do called = step(until, out);
  while (!called && out.deliveries.empty() && ended_.empty() && now() < until);
  out.connected = joined_ && problem_.empty();
  out.empty = out.connected && is_empty();
  out.missing = !out.connected && missing_;
  out.problem = problem_.empty() && !joined_ ? "waits for its place in group " + name_ : problem_;
  // What was handed out before its session ended in this turn comes again: it must not run before what its key has before it.
  std::erase_if(out.deliveries, [&](const auto& d) { return !parts_.contains(d.session); });
  out.ended = std::exchange(ended_, {});
}

/// true: somebody called.
bool Receiver::step(ports::Tick until, ports::Received& out) {
  std::string why;
  try {
    if (bell_.aborted()) throw Unavailable("the session was ended by this program");
    if (!group_ && now() < retry_at_) return bell_.wait(std::min(until, retry_at_));
    if (!group_) open();
    return work(until, out);
  } catch (const Error& end) { why = end.what(); }
  failed(why);
  return bell_.aborted();
}

void Receiver::open() {
  group_ = std::make_unique<Group>(*settings_, name_, instance_, membership_, bell_);
  problem_.clear();
  look_at_ = now();
  topics_.clear();
}

bool Receiver::work(ports::Tick until, ports::Received& out) {
  bool called = bell_.take();
  group_->client().check();
  look_for_topics();
  finish_leaving();
  commit();
  do {
    stall();
    hand_out(out);
    const bool hurry = called || !out.deliveries.empty() || !ended_.empty();
    if (!has_room() && !paused_ && !committing_) return hurry || bell_.wait(next_turn(until));
    const Event event = group_->client().poll(hurry ? ports::Tick{} : next_turn(until));
    if (event) take(event.get());
    else if (bell_.take() || hurry) return true;
    else break;
  } while (has_room() || paused_ || committing_);
  hand_out(out);
  problem_ = group_->client().away() ? group_->client().why_away() : "";
  return called;
}

ports::Tick Receiver::next_turn(ports::Tick until) const {
  auto turn = std::min(until, group_->client().away() ? now() + settings_->probe : look_at_);
  if (leave_by_) turn = std::min(turn, *leave_by_);
  if (stalls_at_ && !paused_) turn = std::min(turn, *stalls_at_);
  if (commit_at_ > now()) turn = std::min(turn, commit_at_);
  if (!joined_) turn = std::min(turn, now() + settings_->probe);  // after a fatal error it never joins
  return turn;
}

void Receiver::take(rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_FETCH:
      while (const auto* record = rd_kafka_event_message_next(event)) read(*record);
      return;
    case RD_KAFKA_EVENT_REBALANCE: return rebalance(event);
    case RD_KAFKA_EVENT_OFFSET_COMMIT: return committed(event);
    case RD_KAFKA_EVENT_ERROR: return wrong(event);
    default: return;
  }
}

void Receiver::read(const rd_kafka_message_t& record) {
  Assigned* const part = find({rd_kafka_topic_name(record.rkt), record.partition});
  if (!part || part->leaving || record.err != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  group_->client().set_away(false);
  part->at_end = false;
  Held held{delivery_of(record), true};
  auto& d = held.delivery;
  d.session = part->session();
  d.redelivered = part->redelivered(record.offset);
  const auto& topic = part->place().topic;
  if (settings_->topics.is_shared(topic)) {
    if (d.type.empty()) d.type = type_in(d.body);
    held.wanted = d.type.empty() || wants(queue_, d.type);
  } else if (d.type.empty() && topic != queue_.name && !is_dlq()) {
    d.type = topic;
  }
  held_.push_back(std::move(held));
}

void Receiver::wrong(rd_kafka_event_t* event) {
  const auto code = rd_kafka_event_error(event);
  if (code != RD_KAFKA_RESP_ERR__PARTITION_EOF && code != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
    if (is_missing(code)) return missing(rd_kafka_event_topic_partition(event));
    if (blame_of(code) == ports::Blame::the_setup) throw Failed(queue_.name, code, rd_kafka_event_error_string(event));
    return group_->client().note(event);
  }
  rd_kafka_topic_partition_t* const at = rd_kafka_event_topic_partition(event);
  if (!at) return;
  const Place place{at->topic, at->partition};
  rd_kafka_topic_partition_destroy(at);
  Assigned* const part = find(place);
  if (!part) return;
  if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) lost_to_retention(place);
  part->at_end = true;
}

/// Long handlers: a member that does not poll would be thrown out of the group. What is resumed is fetched again: not for one event.
void Receiver::stall() {
  if (paused_ ? held_.size() <= settings_->most_held / 2 : has_room()) {
    stalls_at_.reset();
    if (std::exchange(paused_, false)) group_->resume(places());
  } else if (!stalls_at_) {
    stalls_at_ = now() + settings_->stalled;
  } else if (now() >= *stalls_at_ && !paused_) {
    paused_ = true;
    group_->pause(places());
  }
}

bool Receiver::has_room() const { return held_.size() < settings_->most_held; }

void Receiver::hand_out(ports::Received& out) {
  std::size_t open = 0;
  for (const auto& [session, part] : parts_) open += part.open();
  for (; !held_.empty() && out.deliveries.size() < most_at_once; held_.pop_front()) {
    auto& [delivery, wanted] = held_.front();
    auto& part = parts_.at(delivery.session);
    const auto offset = static_cast<std::int64_t>(delivery.tag);
    if (!wanted) {
      part.passed_over(offset);
      continue;
    }
    if (static_cast<int>(open) >= credit_ || !part.may_hand_out(offset)) return;
    ++open;
    part.handed_out(offset);
    out.deliveries.push_back(std::move(delivery));
  }
}

void Receiver::ack(std::span<const ports::Position> settled) {
  for (const auto& position : settled)
    if (const auto found = parts_.find(position.session); found != parts_.end())
      found->second.settled(static_cast<std::int64_t>(position.tag));
}

/// Only who has all partitions knows.
bool Receiver::is_empty() const {
  return held_.empty() && !leave_by_ && parts_.size() == partitions_ &&
         std::ranges::all_of(parts_, [](const auto& p) { return p.second.at_end; });
}

Assigned* Receiver::find(const Place& place) {
  const auto found = std::ranges::find_if(parts_, [&](const auto& p) { return p.second.place() == place; });
  return found == parts_.end() ? nullptr : &found->second;
}

std::vector<Place> Receiver::places() const {
  std::vector<Place> all;
  for (const auto& [session, part] : parts_) all.push_back(part.place());
  return all;
}

void Receiver::disconnect() {
  if (!group_) return;
  std::vector<std::uint64_t> all;
  for (const auto& [session, part] : parts_) all.push_back(session);
  give_up(all);
  group_->leave();
  end_sessions();
  group_.reset();
}

void Receiver::failed(const std::string& why) {
  if (group_) group_->leave();
  end_sessions();
  group_.reset();
  problem_ = why;
  retry_at_ = now() + pause_ / 2 + ports::Millis(random_.up_to(pause_.count() / 2));
  pause_ = std::min(pause_ * 2, settings_->retry_most);
}

void Receiver::end_sessions() noexcept {
  for (const auto& [session, part] : parts_) ended_.push_back(session);
  parts_.clear(), held_.clear(), leaving_.clear();
  leave_by_.reset(), stalls_at_.reset();
  joined_ = paused_ = committing_ = false;
}

}  // namespace holdfast::transport::kafka

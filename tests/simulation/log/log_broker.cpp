#include "simulation/log/log_broker.hpp"

#include <algorithm>

#include "event/key_hash.hpp"
#include "ports/mutants.hpp"
#include "simulation/log/log_receiver.hpp"

namespace sim {

// ---- topics and groups

void LogBroker::topic(const std::string& name, bool bound) {
  const auto [it, fresh] = topics_.try_emplace(name);
  if (!fresh) return;
  for (int number = 0; number < partitions_; ++number) it->second.push_back({name, number, bound});
  for (Group* group : of_patterns_)
    if (bound && group->wants(name, name)) subscribe(*group, name);
}

Group& LogBroker::group(const std::string& name) {
  return groups_.try_emplace(name, *this, name, eager_).first->second;
}

void LogBroker::subscribe(Group& group, const std::string& name) {
  topic(name);
  for (Partition& partition : topics_.at(name)) group.add(partition);
}

void LogBroker::subscribe(Group& group) {
  if (std::ranges::find(of_patterns_, &group) == of_patterns_.end()) of_patterns_.push_back(&group);
  for (const auto& [name, partitions] : topics_)
    if (partitions.front().bound && group.wants(name, name)) subscribe(group, name);
}

void LogBroker::rebalance() {
  for (auto& [name, group] : groups_) group.rebalance(true);
}

std::unique_ptr<ports::Receiver> LogBroker::receiver(const ReceiverSetup& setup) {
  return std::make_unique<LogReceiver>(*this, group(setup.queue), setup.dead_letters);
}

// ---- what is in them

Partition& LogBroker::partition_of(const ports::OutgoingEvent& event) {
  auto& partitions = topics_.at(event.destination.empty() ? topic_of(event.type) : event.destination);
  const std::string key = event.key ? *event.key : event.id.to_string();
  return partitions[holdfast::event::key_hash(key) % partitions.size()];
}

void LogBroker::append(Partition& partition, Partition::Record record) {
  if (partition.end() == partition.high) behind_.push_back(&partition);
  if (holdfast::mutant("log_confirms_before_replication") && record.from)
    tell(*std::exchange(record.from, nullptr), record.token, ports::Outcome::confirmed);
  partition.records.push_back(std::move(record));
}

/// Now it is seen, and its producer told.
void LogBroker::replicate(Partition& partition, std::int64_t up_to) {
  for (; partition.high < up_to; ++partition.high) {
    auto& record = partition.at(partition.high);
    const bool read = std::ranges::any_of(groups_, [&](const auto& group) {
      return std::ranges::any_of(group.second.shares(),
                                 [&](const auto& share) { return share.partition == &partition; });
    });
    on_push({partition.topic, partition.bound, !read}, record.delivery);
    if (const auto from = std::exchange(record.from, nullptr)) tell(*from, record.token, ports::Outcome::confirmed);
  }
}

void LogBroker::replicate_some() {
  if (behind_.empty() || scheduler.random.chance(.5)) return;
  Partition& partition =
      *behind_[static_cast<std::size_t>(scheduler.random.below(static_cast<int>(std::ssize(behind_))))];
  const auto tail = static_cast<int>(partition.end() - partition.high);
  replicate(partition, partition.high + scheduler.random.between(1, tail));
  if (partition.high == partition.end()) std::erase(behind_, &partition);
}

void LogBroker::push(const std::string& queue, ports::Delivery delivery) {
  ports::OutgoingEvent as_sent;
  as_sent.type = delivery.type, as_sent.key = delivery.key, as_sent.id = EventId::of_body(delivery.body);
  if (!groups_.contains(queue)) as_sent.destination = queue;
  append(partition_of(as_sent), {std::move(delivery), nullptr});
}

const ports::Delivery* LogBroker::first(const std::string& name) const {
  for (const Partition& partition : topics_.at(name))
    if (partition.high > partition.start) return &partition.records.front().delivery;
  return nullptr;
}

void LogBroker::cut(Partition& partition, std::int64_t start) {
  for (; partition.start < start; ++partition.start) partition.records.pop_front();
}

// ---- producers

/// Before it sends: a topic that is not there is no reason to end the session, but nothing of the key may pass.
std::optional<ports::PublishResult> LogBroker::look(const PublisherLink& link, const ports::Publication& publication) {
  const auto& event = *publication.event;
  if (const auto it = event.key ? link.refused_keys.find(*event.key) : link.refused_keys.end();
      it != link.refused_keys.end())
    return ports::PublishResult{publication.token, it->second, "an earlier one of its key was refused"};
  const auto& destination = event.destination;
  if (destination.empty() && !unbound) topic(topic_of(event.type));
  const bool there = destination.empty() ? !unbound : topics_.contains(destination);
  if (there) return {};
  ++counts.published, ++counts.returns;
  return ports::PublishResult{publication.token, ports::Outcome::returned, "there is no such topic"};
}

bool LogBroker::take(PublisherLink& link) {
  if (blocked) return false;  // the leaders are away: nobody says so
  if (dies(link)) return true;
  const auto any = static_cast<std::size_t>(scheduler.random.below(static_cast<int>(link.pipe.size())));
  Partition& partition = partition_of(link.pipe[any].event);
  std::vector<PublisherLink::Frame> batch;
  std::size_t most = static_cast<std::size_t>(scheduler.random.between(1, 3));
  std::erase_if(link.pipe, [&](auto& frame) {
    if (batch.size() == most || &partition_of(frame.event) != &partition) return false;
    batch.push_back(std::move(frame));
    return true;
  });
  if (std::ranges::any_of(batch, [this](const auto& frame) { return poison(frame.event); }))
    return ++counts.refusals, refuse(link, batch, ports::Outcome::refused), true;
  if (scheduler.random.chance(faults.nack)) return refuse(link, batch, ports::Outcome::nacked), true;
  auto shared = std::ranges::find_if(links_, [&](const auto& one) { return one.get() == &link; });
  for (auto& frame : batch) append(partition, {delivery_of(frame.event), *shared, frame.token});
  return true;
}

void LogBroker::refuse(PublisherLink& link, const std::vector<PublisherLink::Frame>& batch, ports::Outcome outcome) {
  for (const auto& frame : batch) tell(link, frame.token, outcome, "the broker refused it");
  if (holdfast::mutant("log_goes_on_behind_a_refused_event")) return;
  const Partition* partition = &partition_of(batch.front().event);
  const auto behind =
      std::erase_if(link.pipe, [&](const auto& frame) { return &partition_of(frame.event) == partition; });
  if (behind > 0) HOLDFAST_MARK("log.refused_in_mid_stream");
  close(link, ports::Blame::nobody, "the broker refused an event");
}

/// Of each partition the first few.
void LogBroker::part(PublisherLink& link) {
  link.gone = true;
  std::map<const Partition*, int> arrive;
  std::erase_if(link.pipe, [&](const auto& frame) {
    const auto [it, fresh] = arrive.try_emplace(&partition_of(frame.event), 0);
    if (fresh) it->second = scheduler.random.below(4);
    return --it->second < 0;
  });
}

// ---- by itself

void LogBroker::step() {
  std::erase_if(links_, [](const auto& link) { return (link->closed || link->gone) && link->pipe.empty(); });
  if (away()) return;
  for (auto& [name, group] : groups_) group.notice_silence();
  take_from_publishers();
  replicate_some();
}

Time LogBroker::next() const {
  Time next = blocked ? never : next_from_publishers();
  for (const auto& [name, group] : groups_) next = std::min(next, std::max(group.next_silence(), away_until));
  if (!behind_.empty()) next = std::min(next, std::max(scheduler.now + 1, away_until));
  return next;
}

/// Other replicas lead then: what they had not yet is lost, and nobody was told that it was there. What sits in the connections of
/// before is refused, for it does not follow on what was lost.
void LogBroker::go_away(Time down_for) {
  away_until = std::max(away_until, scheduler.now + down_for);
  for (Partition* partition : std::exchange(behind_, {})) {
    const auto tail = static_cast<int>(partition->end() - partition->high);
    const auto kept = partition->high + scheduler.random.below(tail + 1);
    if (kept < partition->end()) HOLDFAST_MARK("log.tail_lost"), ++counts.lost_tails;
    while (partition->end() > kept) partition->records.pop_back();
    for (auto offset = partition->high; offset < kept; ++offset) partition->at(offset).from = nullptr;
    replicate(*partition, kept);
  }
  for (auto& link : links_) close(*link, ports::Blame::nobody, "the broker is away"), link->pipe.clear();
  if (scheduler.random.chance(.5)) rebalance();
}

bool LogBroker::idle() const {
  return publishers_idle() && behind_.empty() &&
         std::ranges::all_of(groups_, [](const auto& group) { return group.second.lag() == 0; });
}

}  // namespace sim

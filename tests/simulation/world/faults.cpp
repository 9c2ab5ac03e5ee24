// What goes wrong: which, when and for how long the seed says.
#include "simulation/world/world.hpp"

namespace sim {

void World::kill(int process, Time down_for) {
  history.note("FAULT", "{} is killed", scheduler.name(process));
  for (int number : {0, 1})
    if (process == consumers_[static_cast<std::size_t>(number)]) died(number), --counts["processes ended by a handler"];
  ++counts["kills"];
  stop_until_.erase(process);
  scheduler.kill(process, down_for);
}

std::shared_ptr<Stop> World::stoppable() { return stops_[scheduler.current()] = std::make_shared<Stop>(); }

void World::stop(int process, Time deadline) {
  if (!scheduler.up(process) || !stops_.contains(process) || stop_until_.contains(process)) return;
  history.note("FAULT", "{} is asked to end within {} ms", scheduler.name(process), deadline);
  ++counts["stops"];
  stop_until_[process] = scheduler.now + deadline;
  stops_[process]->ask();
}

void World::ended() {
  const int process = scheduler.current();
  history.note(scheduler.name(process), "has ended as it was asked to");
  ++counts["stops in good order"];
  stop_until_.erase(process);
  scheduler.crash(5 + scheduler.random.below(100));
}

/// All machines stand still at once: what one has in its hands, another one may believe not to be there when they go on.
void World::sleep_through(Time for_so_long) {
  for (Subject& x : subjects) x.slept_through |= x.reached && !x.settled();
  scheduler.now += for_so_long;
}

/// Nobody takes anything, or nothing runs at all.
void World::gap(Time for_so_long) {
  if (++gaps_ > 2) return;
  note_fault("gaps");
  const bool may_pause =
      setup.dependency && scheduler.now < dependency_from;  // one outage: who is to blame is told by its end
  const int what = scheduler.random.below(may_pause ? 3 : 2);
  calm_at += for_so_long;
  if (what == 0)
    for (const int process : consumers_) kill(process, for_so_long);
  else if (what == 1) sleep_through(for_so_long);
  else dependency_from = scheduler.now, dependency_until = scheduler.now + for_so_long;
}

void World::environment() {
  producer.reap(), consumer.reap();
  for (const auto& [process, until] : std::map(stop_until_))
    if (scheduler.now >= until) kill(process, 1 + scheduler.random.below(50));
  if (broker.blocked && scheduler.now >= blocked_until_) broker.blocked = false;
  if (broker.unbound && scheduler.now >= unbound_until_) broker.unbound = false;
  if (due(producer_backup_, producer)) restore_producer();
  if (due(consumer_backup_, consumer)) restore_consumer();
  if (faulty() && scheduler.random.chance(.037)) fault();
  broker.step();
}

/// Makes the backup when it is time; true: it is to be restored.
bool World::due(Backup& backup, Database& database) {
  if (scheduler.now >= backup.at) {
    database.back_up();
    if (&database == &consumer) judge.backed_up(consumer.consumers.at("c"));
    backup = {never, scheduler.now, scheduler.now + 20 + scheduler.random.below(500)};
  }
  if (!faulty() || scheduler.now < backup.restore_at) return false;
  history.note("FAULT", "the backup of {} of {} is restored", backup.made, database.name());
  backup.restore_at = never;
  return true;
}

void World::restore_producer() {
  producer.restore(), judge.restored(producer, producer_backup_.made);
  to_republish.merge(republished);
  ++producer_restores;
  ++counts["restores"];
}

/// Whoever works on it is stopped before. Of what was acknowledged since the backup nothing is left here: all is republished.
void World::restore_consumer() {
  for (const int process : consumers_) kill(process, 1 + scheduler.random.below(60));
  for (const int process : importers_) kill(process, 1 + scheduler.random.below(60));
  auto& tables = consumer.consumers.at("c");
  const auto known = judge.known(tables);
  consumer.restore(), judge.consumer_restored(tables, known);
  for (const Subject& x : subjects) to_republish.insert(x.number);
  retry_copies_lost = true;
  ++counts["restores of the consumer"];
}

void World::note_fault(const char* what) {
  history.note("FAULT", "one of the {}", what);
  ++counts[what];
}

void World::pause(int process, Time for_so_long) {
  history.note("FAULT", "{} stands still for {} ms", scheduler.name(process), for_so_long);
  scheduler.freeze(process, for_so_long);
  ++counts["pauses"];
}

void World::take_away(Database& database, Time for_so_long) {
  history.note("FAULT", "{} is away for {} ms", database.name(), for_so_long);
  database.away_until = scheduler.now + for_so_long;
  ++counts["store outages"];
}

void World::crash_server(Database& database, Time down_for) {
  history.note("FAULT", "{} crashes, and is back after {} ms", database.name(), down_for);
  database.crash(down_for);
  ++counts["server crashes"];
}

void World::fault() {
  Random& random = scheduler.random;
  const auto some = [&](Time low, Time high) { return low + random.below(static_cast<int>(high - low)); };
  switch (random.below(18)) {
    case 0:
    case 1:
      if (setup.kills) kill(processes_[random.below(static_cast<int>(processes_.size()))], some(5, 150));
      break;
    case 2:
      if (setup.pauses)
        pause(random.chance(.7) ? relays_[random.below(2)] : consumers_[random.below(2)], some(50, 900));
      break;
    case 3:
      if (setup.store_outages) take_away(random.chance(.6) ? consumer : producer, some(30, 500));
      break;
    case 4:
      if (setup.server_crashes) crash_server(random.chance(.5) ? consumer : producer, some(5, 100));
      break;
    case 5:
      if (setup.broker_outages && random.chance(.5)) broker.go_away(some(20, 400)), note_fault("broker outages");
      else if (setup.broker_outages)
        broker.blocked = true, blocked_until_ = scheduler.now + some(20, 300),
        note_fault("times the broker was blocked");
      break;
    case 6:
      if (setup.unbound)
        broker.unbound = true, unbound_until_ = scheduler.now + some(20, 300), note_fault("times no binding was there");
      break;
    case 7:
    case 8:
      if (setup.duplicates) duplicate();
      break;
    case 9:
    case 10:
      if (setup.broker_tools) delivery_limit();
      break;
    case 11:
      if (setup.clocks)
        (random.below(3) == 0 ? skew
         : random.below(2)    ? consumer.skew
                              : producer.skew) += some(-900, 900),
            note_fault("clock jumps");
      break;
    case 12:
    case 13:
      if (setup.stops) {
        const int number = random.below(2);
        stop(random.chance(.6) ? consumers_[number] : relays_[number], some(60, 600));
      }
      break;
    case 14:
      if (setup.gaps) gap(some(forgotten, 3 * forgotten));
      break;
    case 15:
      if (setup.purges) purge();
      break;
    case 16:
    case 17:
      if (setup.lost_waits) lose_waits();
      if (log && setup.rebalances) log->rebalance(), note_fault("forced rebalances");
      if (setup.retention) retention();
      break;
    default: break;
  }
}

/// The relay sent it twice, or a queue did: perhaps long after.
void World::duplicate() {
  if (subjects.empty()) return;
  const Subject& x = subjects[scheduler.random.below(static_cast<int>(subjects.size()))];
  if (!x.reached) return;
  ports::OutgoingEvent event{x.id, x.type, x.key, "", false, epoch, {}, x.body};
  ++counts["duplicates"];
  if (const auto copy = copies_.find(x.number); copy != copies_.end() && scheduler.random.chance(.5)) {
    const ports::Delivery again = copy->second;
    return broker.push(work_queue, again);
  }
  broker.push(work_queue, delivery_of(event));
}

/// The broker dead-letters by itself what it delivered too often.
void World::delivery_limit() {
  if (!queues) return;
  auto& work = queues->queue(work_queue);
  if (work.ready.empty()) return;
  auto first = work.ready.extract(work.ready.begin());
  if (Subject* x = judge.subject(first.mapped().body)) {
    judge.moved_by_hand(*x);
    history.note("FAULT", "the broker dead-letters event {}", x->number);
  }
  ++counts["dead-lettered by the broker"];
  broker.push(dead_letters, std::move(first.mapped()));
}

/// By somebody who takes them for rubbish. Of copies that the database knows nothing is lost; what the broker dead-lettered by
/// itself was nowhere else.
void World::purge() {
  if (log) {
    for (Partition& partition : log->partitions(dead_letters)) log->cut(partition, partition.high);
    return note_fault("purges");
  }
  auto& all = queues->queue(dead_letters).ready;
  if (all.empty()) return;
  note_fault("purges");
  const auto known = judge.known(consumer.consumers.at("c"));
  for (const auto& [position, delivery] : all) {
    const Subject* x = judge.subject(delivery.body);
    if (!x) continue;
    ++counts["purged copies"];
    history.note("FAULT", "event {} is purged{}", x->number,
                 known.contains(x->number) ? "" : ", which nobody else has");
    if (!known.contains(x->number) && !x->pruned) to_republish.insert(x->number);
    retry_copies_lost |= known.contains(x->number) && known.at(x->number) == ports::State::retrying;
  }
  all.clear();
}

/// Likewise, or with the node that had them. The database knows that a retry waits at the broker, not that it does no longer.
void World::lose_waits() {
  if (!queues) return;
  for (auto& [name, queue] : queues->queues) {
    if (queue.delay == 0) continue;
    for (const auto& [position, delivery] : queue.ready) {
      ++counts["lost retries"];
      retry_copies_lost = true;
      if (const Subject* x = judge.subject(delivery.body))
        history.note("FAULT", "event {} is lost from {}", x->number, name);
    }
    queue.ready.clear();
  }
}

/// Mostly of what was handled. Else of what was not: then the consumer says which span, and an operator sends it again.
void World::retention() {
  auto& shares = log->group(work_queue).shares();
  Group::Share& share = shares[static_cast<std::size_t>(scheduler.random.below(static_cast<int>(std::ssize(shares))))];
  Partition& partition = *share.partition;
  std::int64_t start = std::max(partition.start, share.committed.offset);
  if (span_lost.empty() && partition.high > start && scheduler.random.chance(.2)) {
    note_fault("spans lost to retention");
    const auto beyond = start + 1 + scheduler.random.below(static_cast<int>(partition.high - start));
    for (; start < beyond; ++start) lost_to_retention(partition.at(start).delivery);
  }
  log->cut(partition, start);
}

void World::lost_to_retention(const ports::Delivery& delivery) {
  Subject* x = judge.subject(delivery.body);
  if (!x || delivery.type.starts_with("audit.")) return;
  history.note("FAULT", "event {} is deleted by retention", x->number);
  x->out_of_turn = true;
  span_lost.insert(x->number);
}

void World::show(const std::string& problem) {
  if (span_shown || problem.find("deleted") == problem.npos) return;
  history.note("operator", "reads: {}", problem);
  span_shown = true;
}

/// As the tools of the broker do it: the group has no members meanwhile. What it skips, by now, is sent again.
void World::go_on_behind_the_span() {
  for (const int process : consumers_) kill(process, 1 + scheduler.random.below(60));
  Group& group = log->group(work_queue);
  for (Group::Share& share : group.shares()) {
    group.leave(share.owner);
    share.committed.offset = std::max(share.committed.offset, share.partition->start);
  }
  to_republish.merge(span_lost);
  span_shown = false, span_lost.clear();
  history.note("operator", "lets the group go on behind the span");
}

void World::end_of_faults() {
  history.note("WORLD", "faults end");
  producer.faults = consumer.faults = {};
  broker.faults = {};
  producer.away_until = consumer.away_until = broker.away_until = 0;
  broker.blocked = broker.unbound = false;
  if (queues)
    for (auto& [name, queue] : queues->queues) queue.nacking = 0;
  scheduler.all_up();
}

}  // namespace sim

#include "simulation/world/world.hpp"

#include "event/body_hash.hpp"
#include "event/envelope.hpp"
#include "outbox/cause.hpp"
#include "ports/mutants.hpp"

namespace sim {
namespace {

constexpr Time patience = 60'000;
constexpr std::uint64_t most_steps = 12'000;  // of one phase

EventId new_id(Timestamp at, Random& random) {
  EventId::Bytes bytes{};
  const auto ms = static_cast<std::uint64_t>(std::chrono::duration_cast<Millis>(at.time_since_epoch()).count());
  const std::uint64_t chance[] = {random.next(), random.next()};
  for (int i = 0; i < 6; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  for (std::size_t i = 6; i < 16; ++i) bytes[i] = static_cast<std::uint8_t>(chance[i / 12] >> (i % 8 * 8));
  bytes[6] = static_cast<std::uint8_t>(0x70 | (bytes[6] & 0x0f));
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3f));
  return EventId::of_bytes(bytes);
}

Setup drawn(std::uint64_t seed, Random& random, const std::string& fixed) {
  Setup setup = draw(random);
  Random of_transport(~seed);
  draw_transport(of_transport, setup);
  apply(fixed, setup);
  return setup;
}

}  // namespace

World::World(std::uint64_t seed, const RunOptions& options)
    : scheduler(seed),
      setup(drawn(seed, scheduler.random, options.setup)),
      history(scheduler, options.history),
      judge(scheduler, setup, subjects, history),
      producer(scheduler, "the producer's database"),
      consumer(scheduler, "the consumer's database"),
      queues(setup.log ? nullptr : std::make_unique<QueueBroker>(scheduler, setup.keeps_session_order)),
      log(setup.log ? std::make_unique<LogBroker>(scheduler, setup.partitions, setup.eager) : nullptr),
      broker(log ? static_cast<Broker&>(*log) : *queues),
      publishing_(std::make_shared<holdfast::outbox::Publishing>(
          holdfast::outbox::PublishSetup{.producer = "p",
                                         .clock = authors_,
                                         .wake = [this](std::size_t) { ++counts["transactions that published"]; },
                                         .limits = {},
                                         .writer = &writer_})) {
  calm_at = 600 + scheduler.random.below(1200);
  subjects.reserve(static_cast<std::size_t>(setup.events) + 3);
  consumer.consumers["c"];
  // Recently: longer than anything that keeps one event waiting while others pass.
  consumer.recently = Millis(setup.gaps ? 2'500 : 300);
  window = Millis(setup.gaps ? forgotten : 400);
  consumer.most_bytes = most_of_an_envelope;
  const auto somewhere = [&] { return scheduler.random.below(static_cast<int>(calm_at)); };
  if (setup.bad_release)
    bad_release_from = somewhere() / 2, bad_release_until = bad_release_from + 100 + scheduler.random.below(400);
  if (setup.dependency)
    dependency_from = somewhere() / 2, dependency_until = dependency_from + scheduler.random.below(600);
  if (setup.restore) producer_backup_.at = somewhere() / 2;
  if (setup.consumer_restore) consumer_backup_.at = somewhere() / 2;
  if (setup.store_calls) {
    const double p = scheduler.random.chance(.3) ? .03 : .005;
    producer.faults = consumer.faults = {p, p * 4, .5};
  }
  broker.faults.unflagged = setup.rebalances;
  if (setup.slow_acks) broker.ack_takes = 60;
  if (setup.sessions) broker.faults.lost_session = .02, broker.faults.lost_ack = .02, broker.faults.setup_blamed = .005;
  if (setup.sessions) broker.faults.lost_commit = .1;
  if (setup.nacks) broker.faults.nack = scheduler.random.chance(.3) ? .2 : .05;
  if (setup.duplicates) broker.faults.duplicate = .15;
  set_up_broker();
  producer.before_commit = [this](const ServerTx& tx) { read_bodies(tx), judge.producer_commits(producer, tx); };
  producer.on_deadlock = [this] {
    if (!setup.enlisted) judge.breach("G4", "transactions that publish wait for each other's keys");
  };
  consumer.before_commit = [this](const ServerTx& tx) { judge.consumer_commits(tx, consumer.consumers.at("c")); };
  consumer.after_commit = [this] {
    if (setup.prune) judge.look_for_pruned(consumer.consumers.at("c"));
  };
  add_processes();
}

void World::set_up_queues() {
  auto& work = queues->declare(work_queue);
  work.bound = true, work.patterns = {"a.*.*", "pay.*.*"};
  work.single_active = setup.by_key() && !holdfast::mutant("no_single_active");
  auto& other = queues->declare("other.q");
  other.bound = other.sink = true, other.patterns = {"a.#", "pay.#", "audit.#"};
  queues->declare(dead_letters);
  for (const Time delay : {40, 120}) {
    auto& wait = queues->declare(wait_prefix + std::to_string(delay));
    wait.delay = delay, wait.next = work_queue;
  }
}

/// All types are in one topic, else there would be no order between them. Audits are there too, which nobody subscribed to.
void World::set_up_log() {
  log->topic_of = [](const std::string& type) { return type == "noise.v1" ? type : std::string(all_events); };
  auto& work = log->group(work_queue);
  work.patterns = {"a.*.*", "pay.*.*"};
  log->window = scheduler.random.between(1, 6);
  log->subscribe(work, all_events);
  auto& copies = log->group(dead_letters);
  copies.copies = true;
  log->topic(dead_letters, false), log->subscribe(copies, dead_letters);
  for (Group* group : {&work, &copies})
    group->on_commit = [this](const Group::Share& share, const Committed& before, const Committed& now) {
      committed(share, before, now);
    };
}

void World::set_up_broker() {
  if (log) set_up_log();
  else set_up_queues();
  broker.poison = [this](const ports::OutgoingEvent& event) {
    const Subject* x = judge.subject(event.envelope);
    return x && x->refused && !fixed;
  };
  broker.on_push = [this](const Place& place, const ports::Delivery& delivery) {
    judge.pushed(place, delivery);
    const bool work = place.name == work_queue || place.name == all_events;
    if (const Subject* x = judge.subject(delivery.body); x && work && delivery.copy > 0) copies_[x->number] = delivery;
  };
}

void World::add_processes() {
  const auto add = [this](const char* name, std::function<void()> main) {
    processes_.push_back(scheduler.add(name, std::move(main)));
    return processes_.back();
  };
  add("producer", producer_main(*this));
  for (const char* name : {"relay0", "relay1"}) relays_.push_back(add(name, relay_main(*this, producer, name)));
  consumers_ = {add("consumer0", consumer_main(*this, 0)), add("consumer1", consumer_main(*this, 1))};
  if (setup.dead_letters())
    importers_ = {add("importer0", importer_main(*this)), add("importer1", importer_main(*this))};
  add("operator", operator_main(*this));
  add("upkeep", upkeep_main(*this));
}

Subject& World::create() {
  Random& random = scheduler.random;
  Subject& x = subjects.emplace_back();
  x.number = static_cast<int>(subjects.size()) - 1;
  x.made = scheduler.now;
  x.id = new_id(producer.utc() + Millis(x.number), random);
  x.at = x.id.time();
  if (!random.chance(.1)) x.key = "k" + std::to_string(random.below(setup.keys));
  constexpr const char* types[] = {"a.one.v1", "a.one.v1", "a.one.v0", "a.many.v1", "a.many.v1"};
  x.type = types[random.below(5)];
  if (setup.dependency && random.chance(.5)) x.type = "pay.one.v1";
  if (setup.own_transactions && random.chance(.4)) x.type = "a.own.v1";
  if (setup.any_type && random.chance(.3)) x.type = "a.any.v1";
  x.allowed = 3;
  if (setup.failures) {
    constexpr Temper tempers[] = {Temper::good,  Temper::good,         Temper::fails,
                                  Temper::fails, Temper::fails_always, Temper::rejected};
    x.temper = tempers[random.below(6)];
    x.fails = x.temper == Temper::fails ? random.between(1, 2) : 0;
    if (x.type == "a.own.v1" && random.chance(.2)) x.temper = Temper::forgets;
  }
  if (setup.crashers && random.chance(crashers == 0 ? .2 : .05))
    x.temper = random.chance(.7) ? Temper::crashes : Temper::hangs, ++crashers;
  if (setup.dependency && x.type == "pay.one.v1" && random.chance(.1)) x.temper = Temper::unavailable;
  if (setup.refused && random.chance(.15)) (random.chance(.5) ? x.refused : x.unencodable) = true;
  if (setup.unbound && random.chance(.1)) x.type = "noise.v1", x.unrouted = true;
  if (setup.invalid && random.chance(.3)) {
    const int what = random.below(4);
    if (what == 0) x.invalid = true;
    if (what == 3) x.large = true;
    if (what == 1 && x.type != "noise.v1") x.type = "a.new.v1", x.no_handler = !setup.any_type;
    // Else nobody can tell a too old one from its namesake, or the namesake's row from one that was sent before.
    if (what == 2 && x.number > 0 && !setup.prune && !setup.restore && !setup.consumer_restore) {
      Subject& other = subjects[random.below(x.number)];
      if (!other.shares_id) x.id = other.id, x.shares_id = other.shares_id = true;
    }
  }
  if (setup.odd_times && !x.shares_id && random.chance(.3)) give_odd_time(x);
  return x;
}

/// Here an event that is none passes: it stands for what other programs write, and Outbox looks at the payload before.
void World::publish(holdfast::TransactionRef tx, const Subject& x) {
  std::string json = payload_of(x);
  if (x.invalid) json.pop_back();
  authors_.at = x.odd_time ? x.at.value_or(Timestamp{}) : epoch;
  publishing_->publish(tx, x.type, json, {.key = x.key.value_or(""), .id = x.id, .unrouted_ok = x.unrouted});
}

/// What the handler of x publishes. Nobody may run meanwhile: a Cause is the thread's, and all share this one.
void World::publish_audits(holdfast::TransactionRef tx, const Subject& x, const holdfast::EventInfo& event,
                           bool in_bulk) {
  const holdfast::outbox::Cause cause("c", in_bulk ? nullptr : &event);
  authors_.at = epoch;
  for (std::size_t part = 0; part < audits_each; ++part) {
    auto options = in_bulk ? holdfast::caused_by(event) : holdfast::PublishOptions();
    options.key = "audit" + std::to_string((static_cast<std::size_t>(x.number) + part) % audits_each);
    publishing_->publish(tx, "audit.effect.v1", fmt::format("{{\"n\":{}}}", x.number), std::move(options));
  }
}

/// Of a group: all that it passes is settled.
void World::committed(const Group::Share& share, const Committed& before, const Committed& now) {
  const Partition& partition = *share.partition;
  const bool copies = partition.topic == dead_letters;
  for (auto offset = std::max(before.offset, partition.start); offset < now.offset; ++offset) {
    const ports::Delivery& delivery = partition.at(offset).delivery;
    if (!delivery.type.starts_with("audit.")) judge.acknowledged(delivery, consumer.consumers.at("c"), copies);
  }
}

/// The outbox made them.
void World::read_bodies(const ServerTx& tx) {
  for (const auto& row : tx.appended) {
    Subject* x = judge.subject(row.event.envelope);
    if (!x) continue;
    x->body = row.event.envelope, x->renamed = EventId::of_body(x->body);
    x->hash = holdfast::event::body_hash(x->type, x->invalid ? x->body : payload_of(*x));
  }
}

std::string World::valid_body(const Subject& x) const {
  holdfast::EventInfo info;
  info.id = x.id, info.type = x.type, info.occurred_at = x.odd_time ? x.at.value_or(Timestamp{}) : epoch;
  info.producer = "p";
  return holdfast::event::encode(info, payload_of(x));
}

std::string World::payload_of(const Subject& x) const {
  if (!x.large) return fmt::format("{{\"n\":{}}}", x.number);
  return fmt::format("{{\"n\":{},\"more\":\"{}\"}}", x.number, std::string(most_of_an_envelope, 'x'));
}

/// Told by the id, by occurredAtUtc alone, or not at all.
void World::give_odd_time(Subject& x) {
  x.odd_time = true;
  const Timestamp when =
      scheduler.random.chance(.5) ? Timestamp(Millis(1'000 * (x.number + 1))) : epoch + std::chrono::years(73);
  x.id = new_id(when, scheduler.random);
  x.at = x.id.time();
  if (scheduler.random.chance(.5)) return;
  auto bytes = x.id.bytes();
  bytes[6] = static_cast<std::uint8_t>(0x40 | (bytes[6] & 0x0f));  // version 4
  x.id = EventId::of_bytes(bytes);
  if (x.invalid || scheduler.random.chance(.5)) x.at.reset();
}

void World::crash(int number, const Subject& by) {
  died(number, &by);
  scheduler.crash(10 + scheduler.random.below(60));
}

void World::died(int number, const Subject* by) {
  ++counts["processes ended by a handler"];
  for (Subject& x : subjects)
    if (running[number].contains(x.id) || running[number].contains(x.renamed)) {
      ++(release_is_bad() ? x.died_in_bad_release : by && by->id != x.id ? x.died_beside : x.died_with);
    }
}

// ---- a run ----------------------------------------------------------------------------------------------------------

bool World::steps_until(const std::function<std::string()>& restless, std::string& why) {
  const Time limit = scheduler.now + patience;
  // Each life of a process that a crasher ends begins, where logs are kept, with all that is behind the gap.
  const std::uint64_t most = scheduler.steps + (log && crashers > 0 ? 3 * most_steps : most_steps);
  for (int n = 0; !judge.verdict(); ++n) {
    if (n % 16 == 0) {
      why = restless();
      if (why.empty()) return true;
      if (scheduler.now > limit || scheduler.steps > most) return false;
    }
    environment();
    scheduler.step(std::min(
        {broker.next(), producer.next(), consumer.next(), faulty() ? std::max(calm_at, scheduler.now + 1) : never}));
    if (!scheduler.defect.empty()) judge.breach("defect", scheduler.defect);
  }
  return true;
}

Report World::run() {
  std::string why;
  steps_until([this] { return faulty() ? "faults go on" : ""; }, why);
  end_of_faults();
  const auto at_rest = [this] {
    if (std::ssize(subjects) < setup.events || producer.busy() || consumer.busy())
      return std::string("transactions are open");
    return judge.restless(producer, consumer, broker);
  };
  if (!steps_until(at_rest, why)) judge.breach("G1", "not at rest, though nothing fails any more: " + why);
  fixed = true;
  history.note("WORLD", "the bugs are fixed");
  for (int process : consumers_) scheduler.kill(process, 1);
  if (!judge.verdict() && !steps_until([this] { return judge.unsettled(producer, consumer, broker); }, why))
    judge.breach("G1", "not settled, though the bugs are fixed and all was replayed: " + why);
  return finish();
}

Report World::finish() {
  Report report;
  report.breach = judge.verdict();
  report.setup = to_string(setup);
  report.trail = scheduler.trail, report.steps = scheduler.steps;
  report.history = history.lines();
  auto& c = report.counts = counts;
  for (const Database* db : {&producer, &consumer}) {
    c["lost calls"] += db->counts.lost_calls, c["commits in doubt"] += db->counts.in_doubt,
        c["transactions that lingered"] += db->counts.lingering;
    c["deadlocks"] += db->counts.deadlocks, c["lock timeouts"] += db->counts.lock_timeouts,
        c["waits for a lock"] += db->counts.waits;
    c["late commits"] += db->counts.late_commits;
  }
  const BrokerCounts& b = broker.counts;
  c["published"] += b.published, c["confirmed"] += b.confirmed, c["nacked"] += b.nacks, c["returned"] += b.returns,
      c["refused"] += b.refusals;
  c["sessions lost"] += b.lost_sessions, c["sessions closed for the set-up"] += b.blamed,
      c["duplicates"] += b.duplicates, c["redelivered"] += b.redelivered;
  c["acks of dead sessions"] += b.stale_acks;
  c["seeds with logs"] += setup.log;
  c["rebalances"] += b.rebalances, c["tails lost at a restart"] += b.lost_tails;
  c["effects"] += judge.effects, c["dead letters"] += judge.dead;
  return report;
}

Report run(std::uint64_t seed, const RunOptions& options) { return World(seed, options).run(); }

}  // namespace sim

// One seed: producers, relays, a broker, consumers, operators and what goes wrong; then the judgement.
#pragma once
#include <memory>

#include "outbox/publish.hpp"
#include "ports/clock.hpp"
#include "simulation/broker/publisher.hpp"
#include "simulation/broker/queue_broker.hpp"
#include "simulation/database/inbox.hpp"
#include "simulation/database/outbox.hpp"
#include "simulation/log/log_broker.hpp"
#include "simulation/world/judge.hpp"

namespace sim {

struct Report {
  std::optional<Breach> breach;
  std::string setup;
  std::uint64_t trail = 0;  // the same for the same seed
  std::uint64_t steps = 0;
  std::map<std::string, long> counts;  // faults, and what happened
  std::vector<std::string> history;
};

struct RunOptions {
  std::string setup;  // what is fixed, see apply()
  bool history = false;
};

Report run(std::uint64_t seed, const RunOptions& options);

/// A process's clock: steady as the scheduler's, utc as wrong as it is.
class SimClock : public ports::Clock {
 public:
  SimClock(const Scheduler& s, const Time& skew) : scheduler_(s), skew_(skew) {}
  ports::Tick steady() const override { return tick_of(scheduler_.now); }
  Timestamp utc() const override { return epoch + Millis(scheduler_.now + skew_); }

 private:
  const Scheduler& scheduler_;
  const Time& skew_;
};

/// Of whoever publishes: says when it was that the event tells of.
class AuthorsClock : public ports::Clock {
 public:
  ports::Tick steady() const override { return {}; }
  Timestamp utc() const override { return at; }
  Timestamp at = epoch;
};

/// A process that can be asked to end.
struct Stop {
  bool asked = false, over = false;
  std::function<void()> wake = [] {};
  void ask() { asked = true, wake(); }
};

inline constexpr std::size_t most_of_an_envelope = 700;
inline constexpr Time forgotten = 4'000;  // a gap is longer than that
inline constexpr const char* work_queue = "c.work.q";
inline constexpr const char* dead_letters = "c.work.dlq";
inline constexpr const char* all_events = "events";  // the topic of all types that are consumed
inline constexpr const char* wait_prefix = "c.work.retry.";

class World {
 public:
  World(std::uint64_t seed, const RunOptions& options);
  ~World() { scheduler.stop(); }  // while all that the processes use is there
  Report run();

  bool faulty() const { return scheduler.now < calm_at; }
  bool chance(double p) { return faulty() && scheduler.random.chance(p); }
  bool release_is_bad() const { return scheduler.now >= bad_release_from && scheduler.now < bad_release_until; }
  bool dependency_away() const { return scheduler.now >= dependency_from && scheduler.now < dependency_until; }
  Subject& create();  // the next event
  void show(const std::string& problem);  // of a receiver, to the operator
  void go_on_behind_the_span();  // by an operator

  Scheduler scheduler;
  Setup setup;
  History history;
  std::vector<Subject> subjects;
  Judge judge;
  Database producer, consumer;
  std::unique_ptr<QueueBroker> queues;  // of the two a seed has one
  std::unique_ptr<LogBroker> log;
  Broker& broker;
  Time skew = 0;  // of the consumers' and relays' clock
  SimClock clock{scheduler, skew};
  Time calm_at = 0;    // faults end
  bool fixed = false;  // the bugs are
  Time bad_release_from = never, bad_release_until = never, dependency_from = never, dependency_until = never;
  std::set<EventId> running[2];  // at each consumer: guards of what its handlers are at
  std::map<std::string, long> counts;
  std::set<std::string> live_owners;  // of leases
  bool prunable[2] = {}, empty[2] = {};  // what the consumers' sessions say
  Millis window{400};                 // what the inbox remembers
  int incarnations = 0, crashers = 0;
  // What a restore of the consumer's database, a purge of its DLQ or of its wait queues took away: an operator brings it back.
  std::set<int> to_republish, republished;  // by number: two may share an id
  bool retry_copies_lost = false;
  std::set<int> span_lost;  // retention was quicker than the consumer
  bool span_shown = false;  // and the consumer says so
  int producer_restores = 0;
  [[noreturn]] void crash(int consumer, const Subject& by);  // of a consumer process, by its handler
  std::shared_ptr<Stop> stoppable();  // the process that runs: a new life of it
  [[noreturn]] void ended();  // it did what it was asked to
  void publish(holdfast::TransactionRef tx, const Subject& x);
  void publish_audits(holdfast::TransactionRef tx, const Subject& x, const holdfast::EventInfo& cause, bool in_bulk);
  std::string payload_of(const Subject& x) const;
  std::string valid_body(const Subject& x) const;

 private:
  void set_up_broker();
  void set_up_queues();
  void set_up_log();
  void add_processes();
  bool steps_until(const std::function<std::string()>& restless, std::string& why);
  void environment();
  void fault();
  void note_fault(const char* what);
  void stop(int process, Time deadline);
  void gap(Time for_so_long);
  void sleep_through(Time for_so_long);
  void give_odd_time(Subject& x);
  void read_bodies(const ServerTx& tx);
  void committed(const Group::Share& share, const Committed& before, const Committed& now);
  void pause(int process, Time for_so_long);
  void take_away(Database& database, Time for_so_long);
  void crash_server(Database& database, Time down_for);
  void kill(int process, Time down_for);
  void died(int consumer, const Subject* by = nullptr);
  void duplicate();
  void delivery_limit();
  void purge();
  void lose_waits();
  void retention();
  void lost_to_retention(const ports::Delivery& delivery);
  void restores();
  void restore_producer();
  void restore_consumer();
  void end_of_faults();
  Report finish();

  std::vector<int> processes_, relays_, consumers_, importers_;
  std::map<int, std::shared_ptr<Stop>> stops_;  // by process
  std::map<int, Time> stop_until_;
  std::map<int, ports::Delivery> copies_;  // the newest with a number that came to the work queue, by event
  int gaps_ = 0;
  AuthorsClock authors_;
  SimOutboxWriter writer_;
  std::shared_ptr<const holdfast::outbox::Publishing> publishing_;
  struct Backup {
    Time at = never, made = never, restore_at = never;
  };
  bool due(Backup& backup, Database& database);
  Backup producer_backup_, consumer_backup_;
  Time blocked_until_ = 0, unbound_until_ = 0;
};

/// What the processes of the world run; each returns never.
std::function<void()> producer_main(World& world);
/// stop: none: a process of its own.
std::function<void()> relay_main(World& world, Database& database, std::string name,
                                 std::shared_ptr<Stop> stop = nullptr);
std::function<void()> consumer_main(World& world, int number);
std::function<void()> importer_main(World& world);
std::function<void()> operator_main(World& world);
std::function<void()> upkeep_main(World& world);

}  // namespace sim

// Judges the promises G1 to G6, after each commit, publish, confirm, mark and acknowledgement. It knows what is to be from the
// subjects alone, never from the rules under test.
#pragma once
#include <map>
#include <set>
#include <string>

#include "simulation/broker/broker.hpp"
#include "simulation/database/database.hpp"
#include "simulation/world/history.hpp"
#include "simulation/world/setup.hpp"
#include "simulation/world/subject.hpp"

namespace sim {

struct Breach {
  std::string promise, what;  // "G3", "event 5 had two effects"
};

class Judge {
 public:
  Judge(Scheduler& s, const Setup& setup, std::vector<Subject>& subjects, History& history)
      : scheduler_(s), setup_(setup), subjects_(subjects), history_(history) {}

  void breach(const std::string& promise, const std::string& what);
  const std::optional<Breach>& verdict() const { return breach_; }

  // The producer's side.
  void producer_commits(const Database& db, const ServerTx& tx);
  void restored(const Database& db, Time backup);
  /// A relay offers a row to a session; in_session: rows of that session that are open or confirmed.
  void offered(const Database& db, ports::Seq seq, const ports::OutgoingEvent& event,
               const std::set<ports::Seq>& in_session);
  void confirmed(const Database& db, const ports::RowRef& row) { confirmed_[&db].insert(row); }
  void marked(const Database& db, const ports::RowRef& row);
  void refused(const ports::OutboxRow& row);
  void pushed(const Place& place, const ports::Delivery& delivery);

  // The consumer's side.
  void consumer_commits(const ServerTx& tx, const ConsumerTables& tables);
  /// dead_is_settled: an acknowledgement at the DLQ, whose copies the database knows.
  void acknowledged(const ports::Delivery& delivery, const ConsumerTables& tables, bool dead_is_settled = false);
  void look_for_pruned(const ConsumerTables& tables);
  void replayed(Subject& x);  // an operator gives it a new start
  void moved_by_hand(Subject& x);
  using Known = std::map<int, ports::State>;
  Known known(const ConsumerTables& tables) const;  // what became of the events that it knows, by number
  void backed_up(const ConsumerTables& tables);
  void consumer_restored(const ConsumerTables& tables, const Known& before);

  // What a stop in good order leaves behind.
  /// A relay: confirmed: by its sessions.
  void stopped(const Database& db, const std::set<ports::RowRef>& confirmed);
  void begins(const ConsumerTables& tables, const std::string& instance);
  void stopped(const ConsumerTables& tables, const std::string& instance);
  void stopped_away(const ConsumerTables& tables, const std::string& instance);

  // When faults have stopped.
  /// What is not settled is dead, or behind a dead one, or refused, or behind a refused one. "" = so it is.
  std::string restless(const Database& producer, const Database& consumer, const Broker& broker);
  std::string unsettled(const Database& producer, const Database& consumer, const Broker& broker);

  Subject* subject(std::string_view text);  // by the number in its body
  long effects = 0, dead = 0, audits = 0;

 private:
  const Row<InboxEntry>* row_of(const Subject& x, const ConsumerTables& tables) const;
  void told(const ServerTx& tx, std::size_t events_each);
  void published(const ServerTx& tx);
  void audited(const Subject& x, const ports::Delivery& audit);
  void in_both_tables(const ServerTx& tx, const ConsumerTables& tables);
  void changed(const ServerTx::Touched& touched, const ServerTx& tx);
  void decided(Subject& x, const InboxEntry& now, const DeferredEntry* aside);
  void died(Subject& x, const std::string& reason, const ConsumerTables& tables);
  void ran_ahead(const Subject& x);
  void takes_effect(const Effect& effect, const ServerTx& tx);
  void in_turn(const Subject& x);
  bool first_in_order(const Subject& x, const std::set<int>& there) const;

  Scheduler& scheduler_;
  const Setup& setup_;
  std::vector<Subject>& subjects_;
  History& history_;
  std::optional<Breach> breach_;
  std::map<const Database*, std::set<ports::RowRef>> confirmed_, marked_;
  // Discarded, and back with a restore; or republished again under the number that a restore took back.
  std::set<ports::RowRef> excused_;
  std::map<std::string, int> last_order_;
  std::map<std::string, std::set<int>> arrived_;  // by queue
  std::map<int, Time> committed_at_;
  std::map<int, std::set<std::string>> audit_ids_;  // of what each one's handler published
  struct Then {
    int effects = 0;
    bool discarded = false, pruned = false;
  };
  std::map<int, Then> at_backup_;  // of the consumer's database
};

const char* to_string(ports::State state);

inline constexpr std::size_t audits_each = 2;  // that a handler publishes for its event

}  // namespace sim

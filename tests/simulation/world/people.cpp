// Who works on the system: business transactions, operators, the DLQ import, upkeep.
#include <algorithm>

#include "holdfast/errors.hpp"
#include "inbox/acts.hpp"
#include "inbox/consumer.hpp"
#include "ports/mutants.hpp"
#include "simulation/world/consumer_parts.hpp"
#include "simulation/world/handlers.hpp"

namespace sim {

namespace inbox = holdfast::inbox;

namespace {

// ---- producers ------------------------------------------------------------------------------------------------------

void business(World& w) {
  auto opened = std::make_unique<Session>(w.producer);
  Session& session = *opened;
  holdfast::Transaction tx(std::move(opened));
  const auto where = w.setup.enlisted && w.scheduler.random.chance(.5) ? session.enlisted() : tx.ref();
  for (int n = w.scheduler.random.between(1, 3); n > 0 && std::ssize(w.subjects) < w.setup.events; --n) {
    const Subject& x = w.create();
    session.tx().effects.push_back({x.id, x.number});
    w.publish(where, x);
  }
  if (w.setup.late_commits && w.chance(.5)) w.scheduler.sleep(w.scheduler.random.between(1, 60));
  if (w.setup.rollbacks && w.chance(.25)) return;
  tx.commit();
}

void produce(World& w) {
  for (;;) {
    w.scheduler.sleep(1 + w.scheduler.random.below(w.setup.gaps ? 400 : 60));
    if (std::ssize(w.subjects) >= w.setup.events) w.scheduler.sleep(never / 2);
    try {
      business(w);
    } catch (const holdfast::Error&) {}  // what it wanted to say is lost, or in doubt: the database knows
  }
}

// ---- operators ------------------------------------------------------------------------------------------------------

class Operator {
 public:
  explicit Operator(World& w)
      : w_(w), store_(w.consumer, "c"), outbox_(w.producer), handlers_(handlers_of(w, 0)), acts_(store_, &handlers_) {}

  void work() {
    for (;;) {
      if (!w_.faulty() && !w_.fixed && !heals()) w_.scheduler.wait([this] { return w_.fixed || heals(); });
      w_.scheduler.sleep(w_.fixed ? 3 + w_.scheduler.random.below(10) : 20 + w_.scheduler.random.below(120));
      try {
        if (heals() && w_.scheduler.random.chance(.5)) heal();
        if (w_.fixed) put_right();
        else if (!w_.faulty()) continue;
        else if (w_.setup.operators || w_.setup.broker_tools) something();
      } catch (const holdfast::Error&) {}  // away or in doubt: another time
    }
  }

 private:
  struct Choice {
    EventId id;
    ports::Deferred event;
    Subject* x;
  };
  std::optional<Choice> choose(bool dead_only) {
    std::vector<Choice> all;
    for (const auto& [id, row] : w_.consumer.consumers.at("c").deferred)
      if (row.committed && (!dead_only || row.committed->event.wait == ports::Deferred::Wait::dead))
        all.push_back({id, row.committed->event, w_.judge.subject(row.committed->event.body)});
    if (all.empty()) return {};
    return all[w_.scheduler.random.below(static_cast<int>(all.size()))];
  }
  ports::OperatorAction action(const char* what) {
    ++w_.counts["operator acts"];
    EventId::Bytes bytes{};
    bytes[15] = static_cast<std::uint8_t>(++acted_), bytes[14] = static_cast<std::uint8_t>(acted_ >> 8),
    bytes[13] = static_cast<std::uint8_t>(w_.incarnations);
    return {EventId::of_bytes(bytes), "someone", what, "", ""};
  }

  void something() {
    const int what = w_.scheduler.random.below(10);
    if (w_.setup.broker_tools && what >= 8) return shovel();
    if (!w_.setup.operators) return;
    if (what == 0) return outbox(w_.scheduler.random.chance(.5));
    if (what == 1 && w_.setup.duplicates) return republish();
    const auto choice = choose(what < 5);
    if (!choice) return;
    if (what < 7) return replay(*choice, Millis(w_.scheduler.random.below(3) * 60));
    if (what == 7) take_back(*choice);
    else if (w_.scheduler.random.chance(.3)) discard(*choice);
  }
  /// A too old one whose effect took place is not replayed: nobody can tell it from a duplicate, but the operator asked.
  void replay(const Choice& c, Millis due_in) {
    if (!c.x || c.x->settled()) return;
    if (c.x->invalid && !w_.fixed) return;
    w_.judge.replayed(*c.x);
    perhaps_mend(*c.x);
    w_.history.note("operator", "replays event {}", c.x->number);
    const std::optional<std::string> edited = c.x->invalid ? std::optional(w_.valid_body(*c.x)) : std::nullopt;
    if (acts_.replay(c.id, action("replay"), due_in, edited) == inbox::Acted::out_of_turn && c.x->key)
      c.x->out_of_turn = true;
  }
  /// What it lacked is there now: the price list, the customer.
  void perhaps_mend(Subject& x) {
    if (x.temper == Temper::fails_always && w_.scheduler.random.chance(.5)) x.temper = Temper::good;
  }
  void take_back(const Choice& c) {
    if (c.x) w_.history.note("operator", "takes back event {}", c.x->number);
    acts_.take_back(c.id, action("take back"));
  }
  void discard(const Choice& c) {
    if (c.x) w_.history.note("operator", "discards event {}", c.x->number);
    acts_.discard(c.id, action("discard"));
  }
  void outbox(bool retry) {
    for (const auto& [seq, pending] : w_.producer.outbox) {
      if (!pending.row.refused) continue;
      const ports::RowRef row{seq, pending.row.event.id};
      Subject* x = w_.judge.subject(pending.row.event.envelope);
      w_.history.note("operator", "outbox {} row {}", retry ? "retry" : "discard", seq);
      if (retry) outbox_.retry_refused(row);
      else if (x) x->forgotten = true, outbox_.discard_pending(row);
      return;
    }
  }
  void republish() {
    if (w_.producer.published.empty()) return;
    auto it = w_.producer.published.begin();
    std::advance(it, w_.scheduler.random.below(static_cast<int>(w_.producer.published.size())));
    const ports::Seq seq = it->first;
    w_.history.note("operator", "republishes row {}", seq);
    ++w_.counts["republished"];
    outbox_.republish(seq);
  }
  /// Moves a dead letter back to the work queue by the broker's own tools.
  void shovel() {
    const ports::Delivery* first = w_.broker.first(dead_letters);
    if (!first) return;
    if (Subject* x = w_.judge.subject(first->body)) {
      w_.judge.moved_by_hand(*x);
      perhaps_mend(*x);
      w_.history.note("operator", "shovels event {}", x->number);
    }
    ++w_.counts["shovelled"];
    w_.broker.push(work_queue, *first);
    if (w_.scheduler.random.chance(.7)) w_.broker.drop_first(dead_letters);
  }
  // ---- after a restore of the consumer's database, a purge of its DLQ or of its wait queues

  bool heals() const { return !w_.to_republish.empty() || w_.retry_copies_lost || w_.span_shown; }
  /// As `outbox republish --since` does; a row whose mark comes later is found later. Copies of retries wait for reconcile's repair.
  void heal() {
    std::map<int, ports::Seq> found;
    for (const auto& [seq, published] : w_.producer.published)
      if (const Subject* x = w_.judge.subject(published.row.event.envelope); x && w_.to_republish.contains(x->number))
        found.emplace(x->number, seq);
    std::map<ports::Seq, int> in_order;
    for (const auto& [number, seq] : found) in_order[seq] = number;
    for (const auto& [seq, number] : in_order) {
      w_.history.note("operator", "republishes row {}", seq);
      const int restores = w_.producer_restores;
      if (!outbox_.republish(seq) || restores != w_.producer_restores) continue;
      ++w_.counts["republished"];
      w_.to_republish.erase(number), w_.republished.insert(number);
    }
    if (w_.span_shown && !w_.faulty()) w_.go_on_behind_the_span();
    if (w_.retry_copies_lost && !w_.faulty()) repair();
  }
  /// Waits at the broker, says the inbox; but nothing is on its way: sent again, with the number that the inbox knows.
  void repair() {
    const auto to_queue = [](const auto& row) { return !row.second.row.event.destination.empty(); };
    if (!w_.broker.idle() || !w_.consumer.outbox.empty() || w_.consumer.busy()) return;
    if (std::ranges::any_of(w_.producer.outbox, to_queue)) return;
    std::vector<ports::OutgoingEvent> copies;
    for (const auto& [id, row] : w_.consumer.consumers.at("c").inbox) {
      if (!row.committed || row.committed->row.state != ports::State::retrying) continue;
      const auto x = std::ranges::find_if(
          w_.subjects, [&](const Subject& s) { return s.id == id && s.hash == row.committed->row.body_hash; });
      const int copy = holdfast::mutant("repair_without_copy") ? 0 : row.committed->row.copy;
      copies.push_back({id, x->type, {}, work_queue, false, epoch, {}, x->body});
      copies.back().headers[ports::header_copy] = std::to_string(copy);
      w_.judge.replayed(*x);  // it begins anew: nobody knows the attempts of the copy that is lost
      ++w_.counts["retry copies repaired"];
    }
    if (copies.empty()) return;
    Session session(w_.producer);
    session.append(copies);
    session.commit();
  }

  /// The bugs are fixed: all that is dead runs again, all that is refused is sent again.
  void put_right() {
    outbox(true);
    const auto choice = choose(true);
    if (!choice) return;
    if (choice->x && choice->x->settled()) discard(*choice);
    else replay(*choice, Millis(0));
  }

  World& w_;
  SimInboxStore store_;
  SimOutboxStore outbox_;
  inbox::Handlers handlers_;
  inbox::Acts acts_;
  int acted_ = 0;
};

// ---- import of dead letters -----------------------------------------------------------------------------------------

void import(World& w) {
  SimInboxStore store(w.consumer, "c");
  const auto opened = w.broker.receiver({dead_letters, "", "", {}});
  ports::Receiver& receiver = *opened;
  const inbox::Handlers none;
  inbox::Consumer consumer({store, w.clock, none, policy_of(w, receiver), [] { return 0.0; }});
  receiver.credit(3);
  for (;;) {
    if (w.faulty()) w.scheduler.sleep(w.scheduler.random.below(400));
    ports::Received got;
    receiver.pump(w.clock.steady() + Millis(1000), got);
    for (const auto& delivery : got.deliveries) {
      const ports::Position settled{delivery.session, delivery.tag};
      const auto acknowledge = [&] {
        w.judge.acknowledged(delivery, w.consumer.consumers.at("c"), true);
        receiver.ack({&settled, 1});
      };
      const bool too_early = holdfast::mutant("import_acks_before_commit");
      if (too_early) acknowledge();
      const auto report = consumer.import_dead_letter(delivery);
      if (report.end != inbox::Report::End::done) {
        receiver.disconnect();
        w.scheduler.sleep(50);
        break;
      }
      if (const Subject* x = w.judge.subject(delivery.body))
        w.history.note(w.scheduler.name(w.scheduler.current()), "{} event {}",
                       report.counts.dead ? "takes in" : "drops", x->number);
      w.counts["imported"] += report.counts.dead, w.counts["known copies dropped"] += report.counts.dropped;
      if (!too_early) acknowledge();
    }
  }
}

/// By a horizon from before the first round, as a chore does it, while all others go on.
void prune(World& w, SimInboxStore& store, int process) {
  const auto before = store.prune_before({w.window, w.prunable[process], w.empty[process]});
  while (before && store.prune(w.window, *before, 5)) w.scheduler.sleep(w.scheduler.random.below(50));
}

void upkeep(World& w) {
  SimInboxStore store(w.consumer, "c");
  SimOutboxStore outbox(w.producer);
  for (;;) {
    w.scheduler.sleep(150 + w.scheduler.random.below(150));
    try {
      for (int number : {0, 1})  // each process prunes by what it knows
        if (w.setup.prune) prune(w, store, number);
      if (!w.setup.consumer_restore && !w.setup.purges && !w.setup.retention) outbox.retain(Millis(2'000), 5);
    } catch (const holdfast::Error&) {}  // next time
  }
}

}  // namespace

std::function<void()> producer_main(World& w) {
  return [&w] {
    w.scheduler.spawn([&w] { produce(w); });
    produce(w);
  };
}
std::function<void()> operator_main(World& w) {
  return [&w] {
    ++w.incarnations;
    Operator(w).work();
  };
}
std::function<void()> importer_main(World& w) {
  return [&w] { import(w); };
}
std::function<void()> upkeep_main(World& w) {
  return [&w] { upkeep(w); };
}

}  // namespace sim

#include "simulation/world/judge.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sim {

using ports::Deferred;
using ports::State;

namespace {

std::string name(const Subject& x) {
  return fmt::format("event {} ({}{})", x.number, x.type, x.key ? ", " + *x.key : "");
}

const DeferredEntry* deferred_after(const ServerTx& tx, const ConsumerTables& tables, const EventId& id) {
  const auto it = tables.deferred.find(id);
  if (it == tables.deferred.end()) return nullptr;
  const auto& seen = it->second.seen_by(&tx);
  return seen ? &*seen : nullptr;
}

}  // namespace

const char* to_string(State state) {
  constexpr const char* names[] = {"handled", "retrying", "deferred", "dead", "discarded"};
  return names[static_cast<int>(state)];
}

void Judge::breach(const std::string& promise, const std::string& what) {
  if (breach_) return;
  history_.note("JUDGE", "{}: {}", promise, what);
  breach_ = Breach{promise, what};
}

Subject* Judge::subject(std::string_view text) {
  const auto at = text.find("\"n\":");
  if (at == text.npos) return nullptr;
  int number = -1;
  std::from_chars(text.data() + at + 4, text.data() + text.size(), number);
  return number >= 0 && number < std::ssize(subjects_) ? &subjects_[number] : nullptr;
}

// ---- the producer's side --------------------------------------------------------------------------------------------

void Judge::producer_commits(const Database& db, const ServerTx& tx) {
  told(tx, 1), published(tx);
  for (const auto& row : tx.appended) {
    if (confirmed_[&db].contains({row.seq, row.event.id})) excused_.insert({row.seq, row.event.id});
    Subject* x = subject(row.event.envelope);
    if (!x || x->commit == Subject::Commit::done) continue;
    x->commit = Subject::Commit::done;
    committed_at_[x->number] = scheduler_.now;
    if (x->key) x->order = ++last_order_[*x->key];
    history_.note("producer", "committed {} as row {}", name(*x), row.seq);
  }
}

void Judge::restored(const Database& db, Time backup) {
  for (Subject& x : subjects_)
    if (x.commit == Subject::Commit::done && committed_at_[x.number] > backup) x.lost = true;
  for (const auto& [seq, pending] : db.outbox)
    if (const Subject* x = subject(pending.row.event.envelope); x && x->forgotten)
      excused_.insert({seq, pending.row.event.id});
}

void Judge::offered(const Database& db, ports::Seq seq, const ports::OutgoingEvent& event,
                    const std::set<ports::Seq>& in_session) {
  if (!event.key) return;
  const auto& confirmed = confirmed_[&db];
  const auto me = db.outbox.find(seq);
  if (me == db.outbox.end() || me->second.row.event.id != event.id) return;
  for (auto it = db.outbox.begin(); it != me; ++it) {
    const auto& row = it->second.row;
    if (row.event.key != event.key || confirmed.contains({row.seq, row.event.id})) continue;
    if (row.event.id == event.id) continue;  // the same event, republished twice
    if (excused_.contains({row.seq, row.event.id})) continue;
    if (setup_.keeps_session_order && in_session.contains(row.seq)) continue;
    return breach("G4", fmt::format("row {} was published while row {} of its key {} was not confirmed", seq, row.seq,
                                    *event.key));
  }
}

void Judge::marked(const Database& db, const ports::RowRef& row) {
  marked_[&db].insert(row);
  if (!confirmed_[&db].contains(row))
    breach("G1", fmt::format("row {} was marked though no confirm of it came", row.seq));
}

void Judge::refused(const ports::OutboxRow& row) {
  const Subject* x = subject(row.event.envelope);
  if (!x || !(x->refused || x->unencodable))
    breach("G5", fmt::format("row {} is refused, though the broker would take it", row.seq));
}

/// First arrivals at a queue, each key in the order of its commits.
bool Judge::first_in_order(const Subject& x, const std::set<int>& there) const {
  if (!x.key || x.lost || x.unrouted) return true;
  return std::all_of(subjects_.begin(), subjects_.end(), [&](const Subject& y) {
    return y.key != x.key || !y.in_play() || y.unrouted || y.order >= x.order || there.contains(y.number);
  });
}

void Judge::pushed(const Place& place, const ports::Delivery& delivery) {
  Subject* x = subject(delivery.body);
  if (!x) return;
  if (delivery.type.starts_with("audit.")) {
    ++audits, audited(*x, delivery);
    if (x->effects == 0 && !x->undone)
      breach("G2", name(*x) + ": what its handler published was sent, but its effect is not committed");
    return;
  }
  history_.note("broker", "{} gets {}{}", place.name, name(*x),
                delivery.copy ? fmt::format(" copy {}", delivery.copy) : "");
  if (x->commit != Subject::Commit::done)
    return breach("G2", name(*x) + " was published, but its transaction did not commit");
  if (!place.bound || delivery.copy > 0) return;
  if (!place.sink && !std::exchange(x->reached, true)) x->reached_at = scheduler_.now;
  auto& there = arrived_[place.name];
  if (there.insert(x->number).second && !first_in_order(*x, there))
    breach("G4", fmt::format("{} reached {} before an earlier event of its key", name(*x), place.name));
}

// ---- the consumer's side --------------------------------------------------------------------------------------------

void Judge::consumer_commits(const ServerTx& tx, const ConsumerTables& tables) {
  in_both_tables(tx, tables);
  std::set<const Row<InboxEntry>*> seen;
  for (const auto& touched : tx.inbox)
    if (seen.insert(touched.row).second) changed(touched, tx);
  for (const auto& effect : tx.effects) takes_effect(effect, tx);
  if (setup_.handlers_publish) told(tx, audits_each);
}

void Judge::changed(const ServerTx::Touched& touched, const ServerTx& tx) {
  const auto& before = touched.row->committed;
  const auto& now = touched.row->changed;
  const DeferredEntry* aside = deferred_after(tx, *touched.tables, touched.id);
  const State state = now ? now->row.state : State::handled;
  if (!now) return;

  Subject* x = nullptr;
  for (Subject& each : subjects_)
    if ((each.id == touched.id && each.hash == now->row.body_hash) || (each.shares_id && each.renamed == touched.id))
      x = &each;
  if (!x) return;
  history_.note(
      "consumer db", "{} is {}{}{}", name(*x), to_string(state),
      now->row.copy ? fmt::format(", copy {}", now->row.copy) : "",
      aside ? fmt::format(", {} attempts {} due {} {}", aside->event.wait == Deferred::Wait::blocked ? "blocked" : "",
                          aside->event.attempts, aside->due, aside->event.reason)
            : "");
  if (before && before->row.state == State::dead && state == State::deferred) replayed(*x);
  decided(*x, *now, aside);
  if (state == State::dead && (!before || before->row.state != State::dead))
    died(*x, aside ? aside->event.reason : "", *touched.tables);
  if (state == State::discarded) x->discarded = true;
  if (state == State::discarded && before && before->row.state == State::handled)
    breach("G3", name(*x) + " was discarded, though it was handled before");
  if (state == State::dead && before && before->row.state != State::dead && now->row.copy <= before->row.copy)
    breach("G3", name(*x) + " is dead, but copies of it that are on their way are still valid");
  const bool may_block = setup_.by_key() && (state != State::dead || setup_.after_dead == holdfast::AfterDead::block);
  if (aside && aside->event.blocks_key && !may_block) breach("G5", name(*x) + " blocks its key");
}

/// Counts decisions about failures: never more than its handler threw, nor than the policy has.
void Judge::decided(Subject& x, const InboxEntry& now, const DeferredEntry* aside) {
  const int attempts = aside ? aside->event.attempts : 0;
  const bool grew = aside ? attempts > x.attempts : now.row.state == State::retrying && now.row.copy > x.copy;
  int fresh = 0;
  const bool by_handler = !aside || aside->event.wait != Deferred::Wait::dead || aside->event.reason == "exhausted" ||
                          aside->event.reason == "failed";
  if (x.copy != now.row.copy || x.attempts != attempts) fresh = std::exchange(x.fresh_throws, 0);
  x.copy = now.row.copy, x.attempts = attempts;
  if (!grew || !by_handler || x.no_handler || x.invalid || x.shares_id) return;
  if (x.undone) return;  // copies of it are on their way that count on from another past
  if (aside && aside->event.wait == Deferred::Wait::blocked) return;
  ++x.decided;
  if (x.decided > x.throws)
    breach("G6",
           fmt::format("{} has {} failures counted, but its handler failed {} times", name(x), x.decided, x.throws));
  if (fresh == 0)
    breach("G6", fmt::format("{}: attempt {} is counted twice: nothing failed since it was", name(x), attempts - 1));
  if (x.decided > x.allowed)
    breach("G6", fmt::format("{} failed {} times, more than the policy allows", name(x), x.decided));
}

void Judge::died(Subject& x, const std::string& reason, const ConsumerTables& tables) {
  ++dead;
  x.was_dead = true;
  if (reason == "too_old") ran_ahead(x);
  if (x.settled() && reason != "too_old" && !x.shares_id)
    breach("G3", name(x) + " is dead, though it was settled: " + reason);
  if (reason == "too_old" || reason == "id_reused" || reason == "broker") x.out_of_turn = true;
  const bool old = x.at && tables.pruned_before.committed && *x.at <= *tables.pruned_before.committed;
  const bool crasher = std::ranges::any_of(subjects_, [&](const Subject& one) {  // by its id the guard knows it
    return one.id == x.id && (one.temper == Temper::crashes || one.temper == Temper::hangs);
  });
  const int deaths = x.died_with + x.left_at_stop + std::min(x.died_in_bad_release, 1) + std::min(x.died_beside, 1);
  const bool cause = (reason == "exhausted" && x.throws >= 3) ||
                     (reason == "rejected" && x.temper == Temper::rejected) || (reason == "invalid" && x.invalid) ||
                     (reason == "no_handler" && x.no_handler) || (reason == "too_old" && (old || x.undone)) ||
                     (reason == "id_reused" && x.shares_id) || (reason == "broker" && x.out_of_turn) ||
                     (reason == "failed" && x.was_dead) || (reason == "crash_loop" && (crasher || deaths >= 3));
  if (!cause) breach(reason == "crash_loop" ? "G6" : "G5", name(x) + " is dead without cause: " + reason);
}

void Judge::takes_effect(const Effect& effect, const ServerTx& tx) {
  Subject& x = subjects_[effect.subject];
  ++effects;
  history_.note("consumer db", "effect of {}", name(x));
  bool handled = false;
  for (const auto& touched : tx.inbox)
    if (touched.id == effect.id && touched.row->changed && touched.row->changed->row.state == State::handled)
      handled = true;
  if (!handled) breach("G3", name(x) + ": its effect was committed without its inbox row");
  if (++x.effects > 1) breach("G3", name(x) + " had two effects");
  if (x.discarded) breach("G3", name(x) + " had an effect after it was discarded");
  if (x.commit != Subject::Commit::done) breach("G2", name(x) + " had an effect, but its transaction did not commit");
  in_turn(x);
}

void Judge::in_turn(const Subject& x) {
  if (!setup_.by_key() || !x.key || x.out_of_turn || x.lost || x.shares_id) return;
  if (x.was_dead && setup_.after_dead == holdfast::AfterDead::proceed) return;
  for (const Subject& y : subjects_) {
    if (y.key != x.key || !y.in_play() || y.unrouted || y.order >= x.order || y.settled() || y.out_of_turn ||
        y.shares_id)
      continue;
    if (y.was_dead && setup_.after_dead == holdfast::AfterDead::proceed) continue;
    return breach("G4", fmt::format("{} took effect before {}", name(x), name(y)));
  }
}

const Row<InboxEntry>* Judge::row_of(const Subject& x, const ConsumerTables& tables) const {
  if (const auto it = tables.inbox.find(x.id);
      it != tables.inbox.end() && it->second.committed && it->second.committed->row.body_hash == x.hash)
    return &it->second;
  if (const auto it = tables.inbox.find(x.renamed); it != tables.inbox.end() && it->second.committed)
    return &it->second;
  return nullptr;
}

void Judge::acknowledged(const ports::Delivery& delivery, const ConsumerTables& tables, bool dead_is_settled) {
  const Subject* x = subject(delivery.body);
  if (!x || x->pruned) return;
  if (x->undone && delivery.copy > 0) return;  // of another past: the numbers are given a second time
  const Row<InboxEntry>* row = row_of(*x, tables);
  const bool open = row && (row->committed->row.state == State::retrying ||
                            (row->committed->row.state == State::dead && !dead_is_settled && !x->shares_id));
  if (row && !(open && row->committed->row.copy == delivery.copy)) return;
  breach("G1", name(*x) + " was acknowledged before it was settled");
}

void Judge::look_for_pruned(const ConsumerTables& tables) {
  for (Subject& x : subjects_)
    if (x.settled() && !x.pruned && !row_of(x, tables)) x.pruned = true;
}

void Judge::replayed(Subject& x) { x.allowed = x.decided + 3; }

void Judge::moved_by_hand(Subject& x) {
  x.out_of_turn = true;
  x.allowed = x.decided + 3;
}

// ---- at rest --------------------------------------------------------------------------------------------------------

std::string Judge::restless(const Database& producer, const Database& consumer, const Broker& broker) {
  if (!broker.idle()) return "the broker still has events";
  if (!consumer.outbox.empty()) return "the consumer's outbox is not empty";
  std::set<std::string> refused, blocking;
  std::set<int> refused_events, aside;
  for (const auto& [seq, pending] : producer.outbox) {
    const auto& event = pending.row.event;
    if (pending.row.refused && event.key) refused.insert(*event.key);
    if (!pending.row.refused && !(event.key && refused.contains(*event.key)))
      return fmt::format("row {} is still pending", seq);
    if (const Subject* x = subject(event.envelope)) refused_events.insert(x->number);
  }
  const auto& tables = consumer.consumers.at("c");
  for (const auto& [id, row] : tables.deferred)
    if (row.committed && row.committed->event.wait == Deferred::Wait::dead && row.committed->event.blocks_key)
      blocking.insert(row.committed->event.key);
  for (const auto& [id, row] : tables.deferred) {
    if (!row.committed) continue;
    const Deferred& event = row.committed->event;
    Subject* x = subject(event.body);
    if (x) aside.insert(x->number);
    const bool waits = event.blocks_key && blocking.contains(event.key);
    if (event.wait != Deferred::Wait::dead && !waits)
      return fmt::format("{} waits for nothing", x ? name(*x) : "an event");
  }
  for (const Subject& x : subjects_) {
    if (!x.in_play() || x.unrouted || x.settled() || aside.contains(x.number) || refused_events.contains(x.number))
      continue;
    return name(x) + " is nowhere";
  }
  return "";
}

std::string Judge::unsettled(const Database& producer, const Database& consumer, const Broker& broker) {
  if (!producer.outbox.empty()) return "the producer's outbox is not empty";
  if (auto why = restless(producer, consumer, broker); !why.empty()) return why;
  for (const auto& [id, row] : consumer.consumers.at("c").deferred)
    if (row.committed) return "an event is still set aside";
  for (const Subject& x : subjects_)
    if (x.in_play() && !x.unrouted && !x.settled()) return name(x) + " is not settled";
  return "";
}

}  // namespace sim

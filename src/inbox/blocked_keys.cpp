#include "inbox/blocked_keys.hpp"

#include "inbox/failure.hpp"
#include "inbox/handling.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

using Kind = Outcome::Kind;
using ports::Deferred;
using ports::State;
using Wait = Deferred::Wait;

std::optional<ports::InboxRow> try_lock(ports::InboxTx& tx, const EventId& id) {
  if (!mutant("deferred_run_without_lock")) return tx.try_lock(id);
  const auto rows = tx.look({id});
  return rows.contains(id) ? std::optional(rows.at(id)) : std::nullopt;
}

/// Locks it and reads it, if it may run now.
std::optional<Event> runnable(const Surroundings& here, ports::InboxTx& tx, const EventId& id, bool follower,
                              bool* blocks_key = nullptr) {
  const auto row = try_lock(tx, id);
  if (!row || row->state != State::deferred) return {};
  const auto deferred = tx.deferred(id);
  if (!deferred || deferred->wait == Wait::dead) return {};
  if (deferred->wait == Wait::retry && (follower || deferred->due_in > ports::Millis(0))) return {};
  if (deferred->wait == Wait::blocked && !follower && mutant("followers_not_due")) return {};
  // It was head when it was listed. A shovelled copy that failed since then has put it at the end (a unit test tells of it: no
  // seed gets there, for only another instance could run it between the two).
  if (!follower && deferred->blocks_key && tx.head(deferred->key) != id) return {};
  if (blocks_key) *blocks_key = deferred->blocks_key;
  return read(*deferred, row->copy, here.policy.consumer);
}

/// One due event, its followers, and what comes of them.
class DueRun {
 public:
  DueRun(const Surroundings& here, const EventId& id, bool blame)
      : here_(here), id_(id), blame_(blame || mutant("unavailable_counts_attempt")) {}

  Report run(const Event& event, int followers) {
    if (const auto failure = known_failure(here_, event)) return settle_deferred_failure(here_, event, *failure);
    if (!in_shared_transaction(event)) return alone(event);
    for (;; followers = 0) {
      const Outcome out = finish(here_.store, [&](ports::InboxTx& tx) { return head_and_followers(tx, followers); });
      const bool head_failed = ran_.size() <= 1;
      if (out.is(Kind::committed) || out.is(Kind::store_down) || head_failed) return conclude(out);
      HOLDFAST_MARK("bad_follower");  // it costs only itself: the head alone
    }
  }

 private:
  bool in_shared_transaction(const Event& event) const {
    const Handler* handler = here_.handlers.find(event.envelope.info.type);
    return here_.policy.batch > 1 && handler && handler->form != Form::own;
  }

  Outcome head_and_followers(ports::InboxTx& tx, int followers) {
    ran_.clear();
    blocks_key_ = false;
    for (std::optional<EventId> id = id_; id && static_cast<int>(ran_.size()) <= followers;) {
      const bool follower = !ran_.empty();
      auto event = runnable(here_, tx, *id, follower, &blocks_key_);
      if (!event || (follower && (event->unreadable || !in_shared_transaction(*event)))) break;
      ran_.push_back(std::move(*event));
      const Event* one[] = {&ran_.back()};
      if (Outcome out = handle(here_, tx, one); !out.is(Kind::committed)) return out;
      tx.settle(*id, {State::handled, ran_.back().copy});
      id = blocks_key_ ? tx.head(ran_.back().key) : std::nullopt;
    }
    return {};
  }

  /// Outside effects or its own transaction: without followers, its row locked when its transaction begins.
  Report alone(const Event& event) {
    const auto lock_and_settle = [&](ports::InboxTx& tx) {
      if (!same(tx, event)) return false;
      tx.settle(id_, {State::handled, event.copy});
      return true;
    };
    const auto admit = [&](ports::InboxTx& tx) { return lock_and_settle(tx) ? Verdict::run : Verdict::duplicate; };
    const bool own = here_.handlers.find(event.envelope.info.type)->form == Form::own;
    const Run run = own ? handle_own(here_, event, lock_and_settle) : handle_late(here_, event, admit);
    ran_ = {event};
    if (run.verdict != Verdict::run) ran_.clear();
    if (run.outcome.is(Kind::again)) return {};  // due again
    return conclude(run.outcome);
  }
  bool same(ports::InboxTx& tx, const Event& event) {
    const auto now = runnable(here_, tx, id_, false, &blocks_key_);
    return now && now->attempt == event.attempt && now->copy == event.copy;
  }
  Report conclude(const Outcome& out) {
    const bool failed = out.is(Kind::failed) || (out.is(Kind::unavailable) && blame_);
    if (failed && !ran_.empty()) return settle_deferred_failure(here_, ran_.front(), out.failure);
    if (out.is(Kind::unavailable)) {
      Report report = stopped(Report::End::unavailable, out.failure.error);
      report.type = ran_.empty() ? std::string() : ran_.front().envelope.info.type;
      return report;
    }
    if (!out.is(Kind::committed)) return stopped(Report::End::store_down, out.failure.error);
    Report report;
    report.counts.handled = static_cast<int>(ran_.size());
    for (const Event& event : ran_)
      if (event.envelope.info.occurred_at != Timestamp()) report.effects.push_back(event.envelope.info.occurred_at);
    const bool beside =
        here_.policy.ordering == Ordering::by_key && !blocks_key_ && !ran_.empty() && !ran_.front().key.empty();
    report.counts.out_of_turn = beside ? report.counts.handled : 0;
    report.more = blocks_key_ && !ran_.empty();
    return report;
  }

  const Surroundings& here_;
  EventId id_;
  bool blame_, blocks_key_ = false;
  std::vector<Event> ran_;
};

}  // namespace

DueNow look_at_due(const Surroundings& here, const EventId& id) {
  DueNow now;
  const Outcome out = finish(here.store, [&](ports::InboxTx& tx) -> Outcome {
    now.event = runnable(here, tx, id, false);
    return {Kind::ends};
  });
  if (!out.is(Kind::ends)) now = {{}, stopped(Report::End::store_down, out.failure.error)};
  return now;
}

Report run_due(const Surroundings& here, const Event& event, int followers, bool blame) {
  return DueRun(here, event.id, blame).run(event, followers);
}

}  // namespace holdfast::inbox

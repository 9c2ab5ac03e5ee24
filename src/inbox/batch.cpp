#include "inbox/batch.hpp"

#include "inbox/failure.hpp"
#include "inbox/handling.hpp"
#include "inbox/reasons.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

using Kind = Outcome::Kind;

class Batch {
 public:
  Batch(const Surroundings& here, bool blame) : here_(here), blame_(blame || mutant("unavailable_counts_attempt")) {}

  /// Runs of neighbours that can share a transaction; the others one by one.
  Report run(std::span<const Event> events) {
    for (bool going = true; going && !events.empty();) {
      std::size_t n = 0;
      while (n < events.size() && shares(events[n])) ++n;
      going = n > 0 ? shared(events.first(n)) : single(events.front());
      events = events.subspan(std::max<std::size_t>(n, 1));
    }
    return std::move(report_);
  }

 private:
  bool shares(const Event& event) const {
    return here_.policy.batch > 1 && !known_failure(here_, event) && form(event) != Form::own;
  }
  Form form(const Event& event) const { return here_.handlers.find(event.envelope.info.type)->form; }

  /// One transaction. If it fails: one by one. A deadlock or a lost connection: in halves.
  bool shared(std::span<const Event> events) {
    Counts counts;
    std::vector<const Event*> ran;
    const auto work = [&](ports::InboxTx& tx) { return admit_and_handle(tx, events, counts, ran); };
    if (events.size() == 1) return conclude(events.front(), finish(here_.store, work), counts);
    const Outcome out = attempt(here_.store, work);
    if (out.is(Kind::committed)) return took_effect(ran), settled(events.size(), counts);
    if (out.is(Kind::store_down)) return stop(out);
    const std::size_t part = out.is(Kind::again) ? (events.size() + 1) / 2 : 1;
    for (; !events.empty(); events = events.subspan(std::min(part, events.size())))
      if (!shared(events.first(std::min(part, events.size())))) return false;
    return true;
  }

  Outcome admit_and_handle(ports::InboxTx& tx, std::span<const Event> events, Counts& counts,
                           std::vector<const Event*>& run) {
    counts = {}, run.clear();
    std::vector<const Event*> all;
    for (const Event& event : events) all.push_back(&event);
    const auto verdicts = admit(tx, here_.policy, all, &counts.out_of_turn);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (verdicts[i] == Verdict::run) run.push_back(all[i]);
      if (verdicts[i] == Verdict::too_old || verdicts[i] == Verdict::id_reused) return refused();
      count(counts, verdicts[i]);
    }
    return handle(here_, tx, run);
  }
  /// failure.cpp claims once more and says which.
  static Outcome refused() { return {Kind::failed, {reason::failed, "its inbox row changed under it", false}}; }
  static void count(Counts& counts, Verdict verdict) {
    counts.handled += verdict == Verdict::run;
    counts.duplicates += verdict == Verdict::duplicate;
    counts.behind += verdict == Verdict::behind;
  }

  // ---- one by one: what is known to fail, outside effects, own transactions

  bool single(const Event& event) {
    if (const auto failure = known_failure(here_, event)) return append(settle_failure(here_, event, *failure));
    for (int tries = 20; tries > 0; --tries) {
      const auto seen = look(event);
      if (!seen.outcome.is(Kind::committed)) return conclude(event, seen.outcome, {});
      if (seen.verdict != Verdict::run) return settle_unrun(event);
      Counts counts;
      const Run run = form(event) == Form::own ? own(event) : late(event, counts);
      if (run.verdict != Verdict::run && form(event) == Form::own) return settle_unrun(event);
      if (run.outcome.is(Kind::again)) continue;
      if (run.verdict == Verdict::too_old || run.verdict == Verdict::id_reused) return settle_unrun(event);
      if (form(event) == Form::own) counts.handled = 1;
      return conclude(event, run.outcome, counts);
    }
    return stop({Kind::store_down, {"", "its transaction was undone 20 times", false}});
  }

  /// The inbox and the blocked keys, before a handler with outside effects begins.
  Run look(const Event& event) {
    Run seen;
    seen.outcome = finish(here_.store, [&](ports::InboxTx& tx) -> Outcome {
      seen.verdict = glance(tx, here_.policy, event);
      return {Kind::ends};
    });
    if (seen.outcome.is(Kind::ends)) seen.outcome = {};
    return seen;
  }

  /// Duplicates, what waits behind its key, what is too old: without the handler.
  bool settle_unrun(const Event& event) {
    Counts counts;
    bool runs = false;
    const Outcome out = finish(here_.store, [&](ports::InboxTx& tx) -> Outcome {
      counts = {};
      const Event* one[] = {&event};
      const Verdict verdict = admit(tx, here_.policy, one).front();
      count(counts, verdict);
      runs = verdict == Verdict::run;
      if (runs) return {Kind::ends};  // its rival was undone meanwhile
      return verdict == Verdict::too_old || verdict == Verdict::id_reused ? refused() : Outcome{};
    });
    if (runs && out.is(Kind::ends)) return single(event);
    return conclude(event, out, counts);
  }

  Run late(const Event& event, Counts& counts) {
    return handle_late(here_, event, [&](ports::InboxTx& tx) {
      counts = {};
      const Event* one[] = {&event};
      const Verdict verdict = admit(tx, here_.policy, one, &counts.out_of_turn).front();
      count(counts, verdict);
      return verdict;
    });
  }
  Run own(const Event& event) {
    return handle_own(here_, event, [&](ports::InboxTx& tx) { return take(tx, here_.policy, event); });
  }

  // ---- what came of one

  bool conclude(const Event& event, const Outcome& out, const Counts& counts) {
    switch (out.kind) {
      case Kind::committed:
        if (const Event * one[] = {&event}; counts.handled > 0) took_effect(one);
        return settled(1, counts);
      case Kind::failed: return append(settle_failure(here_, event, out.failure));
      case Kind::unavailable:
        report_.type = event.envelope.info.type;
        if (!blame_) return stop(out);
        HOLDFAST_MARK("unavailable_blamed");
        return append(settle_failure(here_, event, out.failure));
      default: return stop(out);
    }
  }
  void took_effect(std::span<const Event* const> events) {
    for (const Event* event : events)
      if (event->at) report_.effects.push_back(*event->at);
  }
  bool settled(std::size_t events, const Counts& counts) {
    report_.settled += events;
    report_.counts += counts;
    return true;
  }
  bool append(Report one) {
    if (one.end != Report::End::done) {
      report_.end = one.end;
      report_.why = one.why;
      return false;
    }
    report_.id_taken |= one.id_taken;
    for (auto& setback : one.setbacks) report_.setbacks.push_back(std::move(setback));
    return settled(1, one.counts);
  }
  bool stop(const Outcome& out) {
    report_.end = out.is(Kind::unavailable) ? Report::End::unavailable : Report::End::store_down;
    report_.why = out.failure.error;
    return false;
  }

  const Surroundings& here_;
  bool blame_;
  Report report_;
};

}  // namespace

Report run_events(const Surroundings& here, std::span<const Event> events, bool blame) {
  return Batch(here, blame).run(events);
}

}  // namespace holdfast::inbox

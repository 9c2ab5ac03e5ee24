#include "inbox/handling.hpp"

#include "inbox/reasons.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

using Kind = Outcome::Kind;

/// What every call knows.
class AnyCall : public Call {
 public:
  AnyCall(const Surroundings& here, std::span<const Envelope> envelopes) : here_(here), envelopes_(envelopes) {}
  std::span<const Envelope> envelopes() const override { return envelopes_; }
  std::stop_token stopping() const override { return here_.stopping; }
  ports::InboxTx& tx() override {
    throw std::logic_error("a handler with its own transaction has no Holdfast transaction");
  }
  bool claim(TransactionRef) override { throw std::logic_error("claim() is for handlers that take a Delivery"); }

 protected:
  const Surroundings& here_;
  std::span<const Envelope> envelopes_;
};

class SharedCall : public AnyCall {
 public:
  SharedCall(const Surroundings& here, std::span<const Envelope> envelopes, ports::InboxTx& open)
      : AnyCall(here, envelopes), tx_(open) {}
  ports::InboxTx& tx() override { return tx_; }

 private:
  ports::InboxTx& tx_;
};

class LateCall : public AnyCall {
 public:
  LateCall(const Surroundings& here, std::span<const Envelope> envelopes, const Admit& admit)
      : AnyCall(here, envelopes), admit_(admit) {}

  ports::InboxTx& tx() override {
    open();
    if (!opening_.is(Kind::committed) || verdict_ != Verdict::run) throw RunEnds();
    return *tx_;
  }
  void open() {
    if (tx_) return;
    opening_ = of_store([this] {
      tx_ = here_.store.begin();
      verdict_ = admit_(*tx_);
    });
  }
  const Outcome& opening() const { return opening_; }
  Verdict verdict() const { return verdict_; }
  ports::InboxTx* opened() { return tx_.get(); }

 private:
  const Admit& admit_;
  std::unique_ptr<ports::InboxTx> tx_;
  Outcome opening_;
  Verdict verdict_ = Verdict::run;
};

class OwnCall : public AnyCall {
 public:
  OwnCall(const Surroundings& here, std::span<const Envelope> envelopes,
          const std::function<bool(ports::InboxTx&)>& take)
      : AnyCall(here, envelopes), take_(take) {}
  bool claim(TransactionRef ref) override {
    const auto joined = here_.store.join(ref);
    const bool taken = take_(*joined);
    refused_ = !taken;
    return taken;
  }
  bool refused() const { return refused_; }

 private:
  const std::function<bool(ports::InboxTx&)>& take_;
  bool refused_ = false;
};

/// As the handler sees it. A fault of the old contract is the event's.
Outcome upcast(const Surroundings& here, const Event& event, std::vector<Envelope>& out) {
  return of_handler([&] { out.push_back(here.handlers.upcast(event.envelope)); });
}

const Handler& handler_of(const Surroundings& here, const Event& event) {
  return *here.handlers.find(event.envelope.info.type);
}

/// The row may be that of another event with this id. Set aside, an event has its own, whatever its body is now.
bool is_row_of(const Event& event, const ports::InboxRow& row) {
  return event.copy > 0 || event.body_hash.empty() || event.body_hash == row.body_hash || mutant("own_ignores_body");
}

Outcome row_is_handled(ports::InboxTx& tx, const Event& event) {
  const ports::Claim claim[] = {{event.id, event.at, event.body_hash}};
  const Outcome not_committed{Kind::failed,
                              {reason::failed, "the handler returned without a committed claim of its event", false}};
  if (!tx.claim(claim).empty()) return not_committed;  // rolled back with this transaction
  const auto rows = tx.lock({event.id});
  const auto row = rows.find(event.id);
  if (row == rows.end()) return not_committed;
  if (row->second.state != ports::State::handled && !mutant("own_any_row_acks")) return not_committed;
  if (!is_row_of(event, row->second)) return not_committed;
  if (event.started) tx.finish_starts({&event.guard, 1});
  return {};
}

}  // namespace

std::optional<Failure> known_failure(const Surroundings& here, const Event& event) {
  if (event.unreadable) return event.unreadable;
  if (here.handlers.find(event.envelope.info.type)) return {};
  return Failure{reason::no_handler, "no handler of consumer " + here.policy.consumer + " takes type " + event.type,
                 false};
}

Outcome handle(const Surroundings& here, ports::InboxTx& tx, std::span<const Event* const> events) {
  while (!events.empty()) {
    const Handler& handler = handler_of(here, *events.front());
    std::vector<Envelope> envelopes;
    do {
      if (auto out = upcast(here, *events.front(), envelopes); !out.is(Kind::committed)) return out;
      events = events.subspan(1);
    } while (handler.form == Form::bulk && !events.empty() && &handler_of(here, *events.front()) == &handler);
    SharedCall call(here, envelopes, tx);
    const Outcome out = judged(&tx, of_handler([&] { handler.run(call, envelopes); }));
    if (!out.is(Kind::committed)) return out;
  }
  return {};
}

Run handle_late(const Surroundings& here, const Event& event, const Admit& admit) {
  std::vector<Envelope> envelopes;
  if (auto out = upcast(here, event, envelopes); !out.is(Kind::committed)) return {out};
  LateCall call(here, envelopes, admit);
  Outcome out = of_handler([&] { handler_of(here, event).run(call, envelopes); });
  if (mutant("late_unavailable_counts") && !call.opened() && out.is(Kind::unavailable)) out.kind = Kind::failed;
  if (out.is(Kind::committed)) call.open();
  if (!call.opening().is(Kind::committed)) return {judged(call.opened(), call.opening()), call.verdict()};
  if (call.verdict() != Verdict::run)
    out = {};  // settled by another one: what the handler made of that is of no interest
  out = judged(call.opened(), out);
  const bool to_write = call.verdict() != Verdict::too_old && call.verdict() != Verdict::id_reused;
  if (out.is(Kind::committed) && to_write) out = judged(call.opened(), of_store([&] { call.opened()->commit(); }));
  return {out, call.verdict()};
}

Run handle_own(const Surroundings& here, const Event& event, const std::function<bool(ports::InboxTx&)>& take) {
  std::vector<Envelope> envelopes;
  if (auto out = upcast(here, event, envelopes); !out.is(Kind::committed)) return {out};
  OwnCall call(here, envelopes, take);
  const Outcome thrown = of_handler([&] { handler_of(here, event).run(call, envelopes); });
  if (call.refused()) return {{}, Verdict::duplicate};
  const Outcome seen = finish(here.store, [&](ports::InboxTx& tx) { return row_is_handled(tx, event); });
  return {seen.is(Kind::failed) && !thrown.is(Kind::committed) ? thrown : seen};
}

}  // namespace holdfast::inbox

#include "simulation/world/handlers.hpp"

#include <algorithm>

#include "holdfast/errors.hpp"

namespace sim {

namespace inbox = holdfast::inbox;

namespace {

class Handling {
 public:
  Handling(World& w, int number) : w_(w), number_(number) {}

  void in_transaction(inbox::Call& call, std::span<const holdfast::Envelope> envelopes) {
    ++w_.counts[envelopes.size() > 1 ? "bulk runs of several" : "runs of one"];
    for (const auto& envelope : envelopes) {
      Subject& x = begin(envelope);
      const bool gateway_first = w_.setup.batch == 1 && x.type.starts_with("pay.") && w_.scheduler.random.chance(.5);
      if (gateway_first) ++w_.counts["runs that asked the gateway first"], temper(x);
      auto& tx = static_cast<SimInboxTx&>(call.tx());
      use_rows(tx);
      const auto take_effect = [&] {
        tx.effect({envelope.info.id, x.number});
        if (w_.setup.handlers_publish) w_.publish_audits(tx.transaction(), x, envelope.info, envelopes.size() > 1);
      };
      const bool effect_first = gateway_first || w_.scheduler.random.chance(.5);
      if (effect_first) take_effect();
      if (!gateway_first) temper(x);
      if (!effect_first) take_effect();
    }
  }
  /// The handler of all types that no other one takes.
  void of_any_type(inbox::Call& call, std::span<const holdfast::Envelope> envelopes) {
    ++w_.counts["runs of the handler of any type"];
    const std::string& type = envelopes.front().info.type;
    if (type != "a.any.v1" && type != "a.new.v1")
      w_.judge.breach("G1", "the handler of any type got an event of type " + type + ", which has a handler");
    in_transaction(call, envelopes);
  }
  void with_own(inbox::Call& call, std::span<const holdfast::Envelope> envelopes) {
    ++w_.counts["runs with an own transaction"];
    const auto& envelope = envelopes.front();
    Subject& x = begin(envelope);
    auto opened = std::make_unique<Session>(w_.consumer);
    Session& session = *opened;
    holdfast::Transaction tx(std::move(opened));
    if (!call.claim(tx)) return;
    session.call();
    session.tx().effects.push_back({envelope.info.id, x.number});
    if (w_.setup.handlers_publish) w_.publish_audits(tx, x, envelope.info, false);
    temper(x);
    if (x.temper == Temper::forgets && !w_.fixed) return void(count_throw(x));
    tx.commit();
  }

 private:
  Subject& begin(const holdfast::Envelope& envelope) {
    Subject& x = *w_.judge.subject(envelope.payload);
    ++x.runs;
    w_.history.note(w_.scheduler.name(w_.scheduler.current()), "handler runs for event {}", x.number);
    if (w_.release_is_bad()) w_.crash(number_, x);
    return x;
  }
  /// Other tables of the user: deadlocks, and troubles that the handler takes for something else.
  void use_rows(SimInboxTx& tx) {
    if (!w_.setup.store_calls || !w_.chance(.4)) return;
    const int first = w_.scheduler.random.below(2);
    bool swallowed = false;
    try {
      tx.update_user_row(first);
      tx.update_user_row(1 - first);
    } catch (const holdfast::Error&) {
      if (w_.scheduler.random.chance(.5)) throw;
      swallowed = true;
    }
    if (swallowed) throw std::runtime_error("something failed");
  }
  void temper(Subject& x) {
    if (x.type.starts_with("pay.") && w_.dependency_away()) throw holdfast::Unavailable("the gateway is away");
    if (w_.fixed) return;
    if (w_.setup.slow && w_.chance(.4)) w_.scheduler.sleep(w_.scheduler.random.below(200));
    switch (x.temper) {
      case Temper::fails:
        if (x.fails-- > 0) return fail(x);
        return;
      case Temper::fails_always: return fail(x);
      case Temper::rejected: throw holdfast::Reject("no such product");
      case Temper::crashes:
      case Temper::hangs:
        if (w_.crashers > 1 && !w_.faulty())
          return;  // several alone in the queue look like a bad release: none would die of it
        if (x.temper == Temper::hangs) w_.scheduler.sleep(150);
        w_.crash(number_, x);
      case Temper::unavailable:
        if (!w_.faulty() && !one_that_tells_waits(x)) return;
        count_throw(x);
        throw holdfast::Unavailable("its own excuse");
      default: return;
    }
  }
  /// A retry that could show that the excuse is x's own: until it has run, x says it again.
  bool one_that_tells_waits(const Subject& x) const {
    const auto& deferred = w_.consumer.consumers.at("c").deferred;
    return std::ranges::any_of(w_.subjects, [&](const Subject& other) {
      const auto row = deferred.find(other.id);
      const bool as_bad =
          other.temper == Temper::unavailable || other.temper == Temper::crashes || other.temper == Temper::hangs;
      if (row == deferred.end() || !row->second.committed || as_bad) return false;
      const auto& event = row->second.committed->event;
      if (w_.judge.subject(event.body) != &other) return false;  // two events share the id
      const bool due = row->second.committed->due <= w_.consumer.now();
      return due && event.wait == holdfast::ports::Deferred::Wait::retry && !event.blocks_key && other.type == x.type &&
             (!w_.setup.by_key() || !other.key || other.key != x.key);
    });
  }
  static void count_throw(Subject& x) { ++x.throws, ++x.fresh_throws; }
  [[noreturn]] static void fail(Subject& x) {
    count_throw(x);
    throw std::runtime_error("does not work");
  }

  World& w_;
  int number_;
};

}  // namespace

inbox::Handlers handlers_of(World& w, int number) {
  inbox::Handlers handlers;
  const auto handling = std::make_shared<Handling>(w, number);
  const auto plain = [handling](inbox::Call& call, std::span<const holdfast::Envelope> e) {
    handling->in_transaction(call, e);
  };
  const auto own = [handling](inbox::Call& call, std::span<const holdfast::Envelope> e) {
    handling->with_own(call, e);
  };
  handlers.add(inbox::Handler{"a.one.v1", inbox::Form::single, plain});
  handlers.add(inbox::Handler{"pay.one.v1", inbox::Form::single, plain});
  handlers.add(inbox::Handler{"a.many.v1", inbox::Form::bulk, plain});
  handlers.add(inbox::Handler{"a.own.v1", inbox::Form::own, own});
  if (w.setup.any_type)
    handlers.add(inbox::Handler{
        "", inbox::Form::any,
        [handling](inbox::Call& call, std::span<const holdfast::Envelope> e) { handling->of_any_type(call, e); }});
  else if (w.fixed) handlers.add(inbox::Handler{"a.new.v1", inbox::Form::single, plain});
  handlers.add(inbox::Upcaster{"a.one.v0", "a.one.v1", [](std::string_view payload) { return std::string(payload); }});
  return handlers;
}

}  // namespace sim

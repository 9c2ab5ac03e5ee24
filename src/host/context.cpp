#include "host/context.hpp"

#include <cxxabi.h>

#include <stdexcept>

#include "holdfast/trace.hpp"
#include "host/process_spans.hpp"
#include "outbox/cause.hpp"
#include "ports/inbox_store.hpp"

namespace holdfast {

class detail::ContextState {
 public:
  inbox::Call& call;
  Outbox& outbox;
};

Transaction& Context::tx() { return state_->call.tx().transaction(); }
const EventInfo& Context::info() const { return state_->call.info(); }
std::stop_token Context::stopping() const { return state_->call.stopping(); }
Outbox& Context::outbox() { return state_->outbox; }

bool Delivery::claim(TransactionRef tx) { return state_->call.claim(tx); }
const EventInfo& Delivery::info() const { return state_->call.info(); }
std::stop_token Delivery::stopping() const { return state_->call.stopping(); }

namespace host {
namespace {

inbox::Form form_of(detail::HandlerForm form) {
  switch (form) {
    case detail::HandlerForm::single: return inbox::Form::single;
    case detail::HandlerForm::bulk: return inbox::Form::bulk;
    case detail::HandlerForm::any: return inbox::Form::any;
    case detail::HandlerForm::own: break;
  }
  return inbox::Form::own;
}

/// A handler may throw what it likes; the inbox, and the lane's thread, know exceptions that say what happened.
template <class Run>
void with_words(const Run& run) {
  try {
    run();
  } catch (const inbox::RunEnds&) { throw; } catch (const std::exception&) {
    throw;
  } catch (const abi::__forced_unwind&) { throw; } catch (...) {
    throw std::runtime_error("the handler threw something that is no std::exception");
  }
}

}  // namespace

inbox::Handler wrap(detail::Handler handler, Outbox& outbox, const std::string& consumer, Deadline deadline) {
  const bool bulk = handler.form == detail::HandlerForm::bulk, own = handler.form == detail::HandlerForm::own;
  auto run = [run = std::move(handler.run), deadline = std::move(deadline), bulk, own, &outbox, consumer](
                 inbox::Call& call, std::span<Envelope> events) {
    const ProcessSpans::Run spans(events);
    const EventInfo& first = events.front().info;
    const bool several = bulk && events.size() > 1;
    const outbox::Cause cause(consumer, several ? nullptr : &first);
    const TraceScope trace(several ? "" : first.traceparent, first.tracestate);
    const Watchdog::Watch late(deadline.watchdog, deadline.limit, [&deadline, &first] { deadline.passed(first); });
    detail::ContextState state{call, outbox};
    Context context(state);
    Delivery delivery(state);
    with_words([&] { own ? run(nullptr, &delivery, events) : run(&context, nullptr, events); });
  };
  return {handler.type, form_of(handler.form), std::move(run), std::move(handler.key_of), std::move(handler.check)};
}

inbox::Upcaster wrap(detail::Upcaster u) { return {u.from, u.to, std::move(u.convert), std::move(u.key_of)}; }

}  // namespace host
}  // namespace holdfast

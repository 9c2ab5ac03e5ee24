#include "host/context.hpp"

#include "outbox/cause.hpp"
#include "ports/inbox_store.hpp"
#include "holdfast/trace.hpp"

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

}  // namespace

inbox::Handler wrap(detail::Handler handler, Outbox& outbox, const std::string& consumer) {
  const bool bulk = handler.form == detail::HandlerForm::bulk, own = handler.form == detail::HandlerForm::own;
  auto run = [run = std::move(handler.run), bulk, own, &outbox, consumer](inbox::Call& call, std::span<const Envelope> events) {
    const outbox::Cause cause(consumer, bulk && events.size() > 1 ? nullptr : &events.front().info);
    const TraceScope trace(bulk ? std::string_view() : std::string_view(events.front().info.traceparent));
    detail::ContextState state{call, outbox};
    Context context(state);
    Delivery delivery(state);
    if (own) run(nullptr, &delivery, events);
    else run(&context, nullptr, events);
  };
  return {handler.type, form_of(handler.form), std::move(run), std::move(handler.key_of), std::move(handler.check)};
}

inbox::Upcaster wrap(detail::Upcaster u) { return {u.from, u.to, std::move(u.convert), std::move(u.key_of)}; }

}  // namespace host
}  // namespace holdfast

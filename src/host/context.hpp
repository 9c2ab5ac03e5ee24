// From the four forms of handlers to the inbox's one: makes the Context or Delivery that a handler is given.
#pragma once
#include "holdfast/detail/handler.hpp"
#include "inbox/handlers.hpp"

namespace holdfast::host {

/// outbox must outlive the handler.
inbox::Handler wrap(detail::Handler handler, Outbox& outbox, const std::string& consumer);
inbox::Upcaster wrap(detail::Upcaster upcaster);

}  // namespace holdfast::host

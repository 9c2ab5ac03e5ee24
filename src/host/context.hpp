// From the four forms of handlers to the inbox's one: makes the Context or Delivery that a handler is given.
#pragma once
#include "holdfast/detail/handler.hpp"
#include "host/watchdog.hpp"
#include "inbox/handlers.hpp"

namespace holdfast::host {

/// Of one call of a handler. passed: what is to be done then.
struct Deadline {
  Watchdog& watchdog;
  ports::Millis limit;
  std::function<void(const EventInfo& first)> passed;
};

/// outbox and watchdog must outlive the handler.
inbox::Handler wrap(detail::Handler handler, Outbox& outbox, const std::string& consumer, Deadline deadline);
inbox::Upcaster wrap(detail::Upcaster upcaster);

}  // namespace holdfast::host

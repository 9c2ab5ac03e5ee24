// From what the broker or the deferred table hands over to an event: its id, key, time, body.
#pragma once
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "inbox/handlers.hpp"
#include "inbox/retry_policy.hpp"
#include "ports/inbox_store.hpp"

namespace holdfast::inbox {

/// A delivery and what must be known before its body is parsed: where it goes, what the crash guard calls it.
struct Arrival {
  std::shared_ptr<const ports::Delivery> delivery;
  EventId guard;    // the message id, else the hash of the body
  std::string key;  // "": none readable, it goes by its id
  ports::Position position() const { return {delivery->session, delivery->tag}; }
  bool operator==(const Arrival& other) const { return position() == other.position() && guard == other.guard; }
};
std::ostream& operator<<(std::ostream& out, const Arrival& arrival);

Arrival arrive(ports::Delivery delivery, const Handlers& handlers);

struct Event {
  EventId id, guard;
  std::string type;
  std::string key;              // "": none readable: it blocks nobody
  std::optional<Timestamp> at;  // none: outside the age rule
  std::string body_hash;        // "": it was set aside, its row has it
  int copy = 0, attempt = 0;
  Envelope envelope;  // what is known, if it is unreadable; not upcast
  Headers headers;    // as received
  std::string body;
  std::optional<Failure> unreadable;
  bool started = false;  // its delivery_starts row is ours to delete
};

Event read(const Arrival& arrival, const Handlers& handlers, const std::string& consumer);
Event read(const ports::Deferred& deferred, int copy, const std::string& consumer);

/// What the body says, where that can be read; `renamed` events and garbage are known by another id.
std::optional<EventId> id_in(std::string_view body);

/// Another event under an id that is taken: from here on its body names it.
Event renamed(Event event);

}  // namespace holdfast::inbox

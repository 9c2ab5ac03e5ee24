// What crosses the ports: plain values, no driver's type.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "holdfast/event.hpp"

namespace holdfast::ports {

using Millis = std::chrono::milliseconds;
using Tick = std::chrono::steady_clock::time_point;

// Headers on the wire.
inline constexpr const char* header_key = "holdfast-key";
inline constexpr const char* header_copy = "holdfast-copy";
inline constexpr const char* header_attempt = "holdfast-attempt";
inline constexpr const char* header_reason = "holdfast-reason";
inline constexpr const char* header_error = "holdfast-error";
inline constexpr const char* header_origin = "holdfast-origin";

/// A row of some outbox.
struct OutgoingEvent {
  EventId id;
  std::string type;
  std::optional<std::string> key;  // nullopt: no order
  std::string destination;         // "": the exchange, routed by type; else one queue or topic
  bool unrouted_ok = false;        // may reach no queue
  Timestamp occurred_at{};
  Headers headers;
  std::string envelope;  // bytes as published
  bool operator==(const OutgoingEvent&) const = default;
};

/// An event as the broker handed it over, nothing parsed. copy and attempt are the headers' (0 where they are missing).
struct Delivery {
  std::uint64_t session = 0, tag = 0;  // session: RabbitMQ channel, Kafka partition assignment, the file's lease
  bool redelivered = false;
  std::string message_id, type;
  std::optional<std::string> key;  // header holdfast-key
  int copy = 0, attempt = 0;
  std::optional<Timestamp> broker_time;  // when the broker took it, where it says so
  Headers headers;  // as received, those above included
  std::string body;
};

/// Where a delivery stands in its session; what an ack names.
struct Position {
  std::uint64_t session = 0, tag = 0;
  auto operator<=>(const Position&) const = default;
};

}  // namespace holdfast::ports

// One session that publishes. It never reconnects: when it is closed the host asks the transport for a new one.
// Threads: the relay's; wake() and abort() from any. Rule for adapters: every accepted publication gets exactly one result,
// `unknown` for all that are open when the session ends. A result is given only by pump().
#pragma once
#include "ports/values.hpp"

namespace holdfast::ports {

enum class Outcome { confirmed, nacked, returned, refused, unknown };

struct Publication {
  std::uint64_t token = 0;
  const OutgoingEvent* event = nullptr;  // valid during accept() only
};
struct PublishResult {
  std::uint64_t token = 0;
  Outcome outcome = Outcome::unknown;
  std::string error;
  bool operator==(const PublishResult&) const = default;
};

enum class SessionState { open, blocked, closed };
enum class Blame { nobody, a_message, the_setup };  // of a close: outage | 406, 501.. (suspects) | 403, 404 (alert)

struct PublisherTraits {
  bool keeps_session_order = false;  // accepts nothing of a key after refusing one: rows of a key may be pipelined
  bool reports_unroutable = false;  // RabbitMQ: mandatory; the file: no binding matches
};

/// By one relay; no transport's own window is smaller.
inline constexpr int most_in_flight = 2'000;

class Publisher {
 public:
  virtual ~Publisher() = default;
  virtual PublisherTraits traits() const = 0;
  virtual bool accept(const Publication& publication) = 0;  // false: blocked, buffer full or closed; offer again
  /// Writes, reads, heartbeats; returns at `until`, or when there are results, or after wake(). Appends to results.
  virtual SessionState pump(Tick until, std::vector<PublishResult>& results) = 0;
  virtual Blame blame() const = 0;  // after closed
  virtual std::string why_closed() const = 0;  // in words
  virtual std::vector<std::string> warnings() { return {}; }  // since the last call, for a person; all goes on
  virtual void wake() noexcept = 0;  // pump() returns soon: a commit, a mark came back
  virtual void abort() noexcept = 0;  // ends a pump() that hangs; the session is over
};

}  // namespace holdfast::ports

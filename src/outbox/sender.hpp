// Drives the relay's two publishers on the relay thread: opens, closes and pumps them, offers what is to be published and feeds the
// results back. wake() and abort() from any thread.
#pragma once
#include <functional>
#include <memory>
#include <mutex>

#include "outbox/relay.hpp"
#include "ports/clock.hpp"

namespace holdfast::outbox {

class Sender {
 public:
  /// open: connects; throws Unavailable (or Invalid: the set-up is to blame).
  using Open = std::function<std::unique_ptr<ports::Publisher>()>;
  struct Took {
    Timestamp begin, end;
  };
  /// What came of one publish. Called before the relay hears of it; empty: nobody listens.
  using Heard =
      std::function<void(const ports::OutgoingEvent& event, const Took& took, const ports::PublishResult& result)>;
  Sender(Relay& relay, Open open, const ports::Clock& clock, Heard heard = {});
  ~Sender();

  void perform(const Action& action);  ///< those for a publisher; others are not its own and ignored
  /// Pumps what is open, until then at the latest. false: nothing is open, the caller waits by itself.
  bool pump(Tick until);

  void wake() noexcept;  ///< pump() returns soon
  void abort() noexcept;  ///< ends a pump() that hangs

 private:
  struct Line {  // one session
    std::unique_ptr<ports::Publisher> publisher;
    bool full = false;  // refused one: nothing more is offered before the next pump(), so that order holds
  };
  Line& line(Session session) { return lines_[static_cast<std::size_t>(session)]; }
  void open(Session session);
  void close(const CloseSession& close);
  void publish(const Publish& publish);
  void pump(Session session, Tick until);
  void end(Session session);
  void hear(const std::vector<ports::PublishResult>& results);

  Relay& relay_;
  Open open_;
  const ports::Clock& clock_;
  Heard heard_;
  std::mutex mutex_;  // publishers come and go on the relay thread, others wake and abort them
  Line lines_[2];
};

}  // namespace holdfast::outbox

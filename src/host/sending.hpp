// The relay thread, one step at a time: relay and sender; store commands out, answers in through its mailbox. The harness steps the
// same class on its own thread.
#pragma once
#include <atomic>
#include <memory>

#include "host/mailbox.hpp"
#include "host/surroundings.hpp"
#include "outbox/relay.hpp"
#include "outbox/sender.hpp"
#include "ports/waker.hpp"

namespace holdfast::host {

class Sending {
 public:
  /// ask: has the store command run, at once or later, and its answer given to answer(), in the order asked.
  using Ask = std::function<void(outbox::StoreCommand)>;
  Sending(const Surroundings& surroundings, outbox::RelayOptions options, Ask ask);

  /// Works until `until`, or for one round; false: stopped and finished.
  bool step(ports::Tick until);

  // From any thread.
  void answer(outbox::StoreAnswer answer);
  void committed() noexcept;  // read now
  void stop();
  void give_up() noexcept;  // the end of stop(): no more waiting for the broker or the database
  void wake() noexcept;
  /// A session is open, and since one ended with events unconfirmed another was confirmed.
  bool connected() const { return connected_ && !failing_; }
  bool blocked() const { return blocked_; }
  bool owner() const { return owner_; }
  bool given_up() const { return giving_up_; }

 private:
  void read_mail();
  void perform(outbox::Action& action);
  void measure();
  bool give_in() const;

  const Surroundings& here_;
  Ask ask_;
  outbox::Relay relay_;
  outbox::Sender sender_;
  Mailbox<outbox::StoreAnswer> answers_;
  ports::Waker waker_;
  std::atomic<bool> committed_ = false, stopping_ = false, giving_up_ = false, called_ = false, connected_ = false,
                    failing_ = false, owner_ = false, blocked_ = false;
  bool told_to_stop_ = false;
  outbox::RelayStatus before_;
  struct Meters {
    telemetry::Counter confirmed, nacked, returned, unknown, refused, marked;
    telemetry::Gauge lease, connected, broker_blocks, in_flight, blocked_keys;
    telemetry::Histogram confirm;
  } meters_;
};

}  // namespace holdfast::host

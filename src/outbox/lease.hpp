// Who may publish: one relay for an outbox. It saves duplicates only, no rule of order rests on it.
// Ours is counted from when it was asked for, so that this clock never believes in it longer than the database does.
#pragma once
#include "outbox/options.hpp"
#include "ports/values.hpp"

namespace holdfast::outbox {

class Lease {
 public:
  Lease(Millis ttl, Millis renew) : ttl_(ttl), renew_(renew) {}

  bool held(ports::Tick now) const { return now < until_; }
  bool due(ports::Tick now) const { return !asking_ && now >= next_; }
  void ask(ports::Tick now) {
    asking_ = true;
    asked_ = now;
    next_ = now + renew_;
  }
  void answered(bool ours) {
    asking_ = false;
    until_ = ours ? asked_ + ttl_ : ports::Tick::min();
  }
  void failed() {
    asking_ = false;
    next_ = asked_;  // as soon as the store is asked again
  }
  void give_up() { until_ = ports::Tick::min(); }

  bool asking() const { return asking_; }
  ports::Tick next() const { return asking_ ? ports::Tick::max() : next_; }
  ports::Tick until() const { return until_; }

 private:
  Millis ttl_, renew_;
  bool asking_ = false;
  ports::Tick asked_{}, next_ = ports::Tick::min(), until_ = ports::Tick::min();
};

}  // namespace holdfast::outbox

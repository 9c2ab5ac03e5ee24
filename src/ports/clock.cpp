#include "ports/clock.hpp"

#include "event/now.hpp"

namespace holdfast {
namespace {

class SystemClock : public ports::Clock {
 public:
  ports::Tick steady() const override { return std::chrono::steady_clock::now(); }
  Timestamp utc() const override { return std::chrono::system_clock::now(); }
};

}  // namespace

const ports::Clock& ports::system_clock() {
  static const SystemClock clock;
  return clock;
}

EventId EventId::generate() { return generate(ports::system_clock().utc()); }
Timestamp event::utc_now() { return ports::system_clock().utc(); }

}  // namespace holdfast

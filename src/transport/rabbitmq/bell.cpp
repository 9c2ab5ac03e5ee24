#include "transport/rabbitmq/bell.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "holdfast/errors.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

int open_descriptor() {
  const int made = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (made < 0) throw Unavailable(std::string("no descriptor for a session with the broker: ") + std::strerror(errno));
  return made;
}

}  // namespace

Bell::Bell(const ports::Clock& clock) : clock_(clock), descriptor_(open_descriptor()) {}
Bell::~Bell() { close(descriptor_); }

void Bell::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(descriptor_, &one, sizeof one);  // full: it rings already
}

void Bell::abort() noexcept {
  aborted_ = true;
  wake();
}

bool Bell::take() noexcept {
  std::uint64_t calls = 0;
  const bool called = read(descriptor_, &calls, sizeof calls) == sizeof calls;
  return std::exchange(kept_, false) || called;
}

short Bell::wait(int descriptor, short events, ports::Tick until) const {
  pollfd both[] = {{descriptor_, POLLIN, 0}, {descriptor, events, 0}};
  const int left = ports::milliseconds_left(until, clock_.steady());
  poll(both, descriptor < 0 ? 1 : 2, left);  // a signal: the caller looks at its time
  return both[1].revents;
}

}  // namespace holdfast::transport::rabbitmq

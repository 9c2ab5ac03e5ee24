#include "host/watchdog.hpp"

namespace holdfast::host {

void Watchdog::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      look();
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
    }
  });
}

void Watchdog::look() {
  const std::lock_guard lock(mutex_);  // while it barks too: what the bark speaks of stays there
  const auto now = clock_.steady();
  for (auto& [number, run] : runs_)
    if (run.until <= now) run.until = ports::Tick::max(), run.bark();
}

Watchdog::Watch::Watch(Watchdog& dog, ports::Millis limit, Bark bark) : dog_(dog) {
  const auto until = dog_.clock_.steady() + limit;
  const std::lock_guard lock(dog_.mutex_);
  number_ = ++dog_.last_;
  dog_.runs_[number_] = {std::move(bark), until};
}

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(dog_.mutex_);
  dog_.runs_.erase(number_);
}

}  // namespace holdfast::host

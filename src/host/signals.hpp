// SIGINT and SIGTERM for a program with threads: blocked in all of them, waited for in one. A second one ends at once.
// Made before the first thread, for threads inherit what is blocked.
#pragma once
#include <chrono>
#include <csignal>

namespace holdfast::host {

class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    std::signal(SIGPIPE, SIG_IGN);
  }
  ~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }  // start() may throw into a program that goes on
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// true: there was one meanwhile; wait() returns at once then.
  bool within(std::chrono::seconds limit) const {
    const timespec left{limit.count(), 0};
    const int which = sigtimedwait(&set_, nullptr, &left);
    if (which > 0) raise(which);  // blocked: it stays to be seen by wait()
    return which > 0;
  }

  /// Returns at the first; from then on the default action holds again.
  void wait() const {
    int which = 0;
    while (sigwait(&set_, &which) != 0) {}
    std::signal(SIGINT, SIG_DFL), std::signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

 private:
  sigset_t set_{}, before_{};
};

}  // namespace holdfast::host

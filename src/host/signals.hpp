// SIGINT and SIGTERM for a program with threads: blocked in all of them, waited for in one. A second one ends at once.
#pragma once
#include <csignal>

namespace holdfast::host {

class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  /// Returns at the first; from then on the default action holds again.
  void wait() const {
    int which = 0;
    while (sigwait(&set_, &which) != 0) {}
    std::signal(SIGINT, SIG_DFL), std::signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

 private:
  sigset_t set_{};
};

}  // namespace holdfast::host

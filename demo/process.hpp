// A child program: started, watched, killed by its pid. It dies with the thread that started it (so says PR_SET_PDEATHSIG).
#pragma once
#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::demo {

struct Command {
  std::string program;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment = {};  // on top of this program's own, less its HOLDFAST_*
  std::string log;  // file that stderr is appended to
};

class Process {
 public:
  explicit Process(const Command& command);  // throws Unavailable: it cannot be started
  ~Process();  // killed if it still runs
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  /// The next line of its stdout. Throws Unavailable when it ended instead (with its exit code) or took too long.
  std::string read_line(std::chrono::milliseconds limit);
  void signal(int number) const;
  void freeze();  // SIGSTOP; none of its threads runs any more. SIGCONT lets it go on
  int wait();  // until it ends: its exit code, or 128 + the signal
  bool running();  // collects it when it has ended
  pid_t pid() const { return pid_; }

 private:
  std::string program_, buffer_;
  pid_t pid_ = 0;
  int out_ = -1;
  std::optional<int> code_;
};

}  // namespace holdfast::demo

#include "demo/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "holdfast/errors.hpp"

namespace holdfast::demo {
namespace {

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with("HOLDFAST_")) all.emplace_back(*entry);
  for (const auto& [name, value] : command.environment) all.push_back(name), all.back().append("=").append(value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

/// In the child, between fork and exec: nothing that may allocate.
[[noreturn]] void become(const char* program, char** arguments, char** environment, int out, int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before we asked
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // Whoever was started in the background by a shell has them ignored.
  for (const int number : {SIGINT, SIGQUIT, SIGHUP}) ::signal(number, SIG_DFL);
  setpgid(0, 0);  // a Ctrl-C is for the parent, which stops its children in order
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  if (log >= 0) dup2(log, STDERR_FILENO);
  execve(program, arguments, environment);
  _exit(127);
}

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

Process::Process(const Command& command) : program_(command.program) {
  auto argument_strings = command.arguments;
  argument_strings.insert(argument_strings.begin(), command.program);
  auto environment_strings = environment_of(command);
  auto arguments = pointers(argument_strings), environment = pointers(environment_strings);
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw Unavailable(std::string("no pipe: ") + std::strerror(errno));
  const int log = command.log.empty() ? -1 : open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become(command.program.c_str(), arguments.data(), environment.data(), pipe_ends[1], log, parent);
  if (log >= 0) close(log);
  close(pipe_ends[1]);
  out_ = pipe_ends[0];
  if (pid_ < 0) throw Unavailable(program_ + " cannot be started: " + std::strerror(errno));
}

Process::Process(Process&& other) noexcept
    : program_(std::move(other.program_)),
      buffer_(std::move(other.buffer_)),
      pid_(std::exchange(other.pid_, 0)),
      out_(std::exchange(other.out_, -1)),
      code_(other.code_) {}

Process::~Process() {
  if (pid_ > 0 && running()) {
    signal(SIGKILL);
    wait();
  }
  if (out_ >= 0) close(out_);
}

std::string Process::read_line(std::chrono::milliseconds limit) {
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    pollfd waiting{out_, POLLIN, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(limit.count()));
    if (ready == 0) throw Unavailable(program_ + " said nothing for " + std::to_string(limit.count()) + " ms");
    char chunk[512];
    const ssize_t got = ready < 0 ? -1 : read(out_, chunk, sizeof chunk);
    if (got > 0) buffer_.append(chunk, static_cast<std::size_t>(got));
    else if (got == 0 || errno != EINTR)
      throw Unavailable(program_ + " ended with code " + std::to_string(wait()) + " before it was ready");
  }
}

void Process::signal(int number) const {
  if (!code_ && pid_ > 0) kill(pid_, number);
}

void Process::freeze() {
  signal(SIGSTOP);
  int status = 0;
  if (!code_ && waitpid(pid_, &status, WUNTRACED) == pid_ && !WIFSTOPPED(status)) code_ = code_of(status);
}

int Process::wait() {
  int status = 0;
  while (!code_)
    if (waitpid(pid_, &status, 0) == pid_) code_ = code_of(status);
  return *code_;
}

bool Process::running() {
  int status = 0;
  if (!code_ && waitpid(pid_, &status, WNOHANG) == pid_) code_ = code_of(status);
  return !code_;
}

}  // namespace holdfast::demo

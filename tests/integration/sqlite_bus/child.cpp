#include "child.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace holdfast::bus_test {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0); }
  std::array<int, 2> ends{};
};

[[noreturn]] void become(const std::vector<std::string>& role, int in, int out) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(in, STDIN_FILENO), dup2(out, STDERR_FILENO);  // stdout is GoogleTest's
  std::string joined;
  for (const auto& part : role) joined += part + "\n";
  setenv("HOLDFAST_BUS_ROLE", joined.c_str(), 1);
  execl("/proc/self/exe", "child", "--gtest_filter=SqliteBusChild.*", "--gtest_also_run_disabled_tests", nullptr);
  _exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& role) {
  Pipe in, out;
  pid_ = fork();
  if (pid_ == 0) {
    const int silence = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(silence, STDOUT_FILENO);
    become(role, in.ends[0], out.ends[1]);
  }
  close(in.ends[0]), close(out.ends[1]);
  to_ = fdopen(in.ends[1], "w"), from_ = fdopen(out.ends[0], "r");
}

Child::~Child() {
  if (pid_ > 0) kill();
}

std::string Child::line() {
  std::string out;
  for (int c = std::fgetc(from_); c != EOF && c != '\n'; c = std::fgetc(from_)) out += static_cast<char>(c);
  return out;
}

void Child::expect(const std::string& said) { ASSERT_EQ(line(), said); }

void Child::kill() {
  ::kill(pid_, SIGKILL);
  reap();
}

void Child::finish() {
  std::fclose(std::exchange(to_, nullptr));
  reap();
}

void Child::reap() {
  waitpid(std::exchange(pid_, -1), nullptr, 0);
  if (to_) std::fclose(to_);
  std::fclose(from_);
  to_ = from_ = nullptr;
}

}  // namespace holdfast::bus_test

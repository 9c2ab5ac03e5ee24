#include "simulation/parallel.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>

namespace sim {
namespace {

struct Child {
  pid_t pid = 0;
  int from = 0;
};

Child start(const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("no process");
  if (pid > 0) {
    close(ends[1]);
    return {pid, ends[0]};
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  close(ends[0]);
  const std::string result = work();
  for (std::size_t done = 0; done < result.size();) {
    const ssize_t n = write(ends[1], result.data() + done, result.size() - done);
    if (n <= 0) _exit(1);
    done += static_cast<std::size_t>(n);
  }
  _exit(0);
}

std::string finish(const Child& child) {
  std::string result;
  char buffer[4096];
  for (ssize_t n; (n = read(child.from, buffer, sizeof buffer)) > 0;)
    result.append(buffer, static_cast<std::size_t>(n));
  close(child.from);
  int status = 0;
  waitpid(child.pid, &status, 0);
  if (status != 0)
    throw std::runtime_error("a simulation ended by itself, status " + std::to_string(status) +
                             ": run it with --jobs 1");
  return result;
}

}  // namespace

std::vector<std::string> in_children(int workers, const std::function<std::string(int)>& work) {
  if (workers <= 1) return {work(0)};
  std::vector<Child> children;
  for (int worker = 0; worker < workers; ++worker) children.push_back(start([&] { return work(worker); }));
  std::vector<std::string> results;
  for (const Child& child : children) results.push_back(finish(child));
  return results;
}

}  // namespace sim

#include "demo/servers/folder.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "holdfast/errors.hpp"

namespace holdfast::servers {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t end = 2'000;  // of a log

fs::path make_temporary(const std::string& name) {
  std::string pattern = (fs::temp_directory_path() / (name + "-XXXXXX")).string();
  if (!mkdtemp(pattern.data())) throw Unavailable("no temporary folder: " + pattern);
  return pattern;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

struct Start {
  char **words, **environment;
  const char* folder;
  uid_t user;
  gid_t group;
  int out, log, farewell;
  pid_t parent;
};

/// In the child, between fork and exec: nothing that may allocate.
[[noreturn]] void become(const Start& s) {
  if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(s.group) != 0 || setuid(s.user) != 0)) _exit(126);
  if (chdir(s.folder) != 0 && chdir("/") != 0) _exit(126);  // ours may be closed to that user, and Erlang complains
  prctl(PR_SET_PDEATHSIG, s.farewell);  // after setuid, which clears it
  if (getppid() != s.parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setpgid(0, 0);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(s.out >= 0 ? s.out : s.log, STDOUT_FILENO);
  dup2(s.log, STDERR_FILENO);
  execve(s.words[0], s.words, s.environment);
  _exit(127);
}

}  // namespace

Folder::Folder(Options options)
    : temporary_(options.path.empty()), options_(std::move(options)), user_(geteuid()), group_(getegid()) {
  if (user_ == 0)
    for (const char* name : options_.users)
      if (const passwd* entry = getpwnam(name)) {
        user_ = entry->pw_uid, group_ = entry->pw_gid;
        break;
      }
  if (temporary_) options_.path = make_temporary(options_.name);
  fs::create_directories(path());
  options_.path = fs::canonical(path());
  give(path());
  if (run({"/usr/bin/test", "-w", path()}).code != 0)
    throw Unavailable("the server does not run as root, and its user cannot get to " + path().string() +
                      ": let others pass the folders above it (chmod o+x), or take another folder");
}

Folder::~Folder() {
  std::error_code ignored;
  if (temporary_) fs::remove_all(path(), ignored);
}

void Folder::give(const fs::path& file) const {
  if (geteuid() == 0 && chown(file.c_str(), user_, group_) != 0) throw Unavailable("chown " + file.string());
}

void Folder::write(const std::string& name, const std::string& text, mode_t mode) const {
  const fs::path file = path() / name;
  std::ofstream out(file);
  chmod(file.c_str(), mode);
  give(file);
  if (!(out << text << std::flush)) throw Unavailable("cannot write " + file.string());
}

void Folder::make(const std::string& name) const {
  fs::create_directories(path() / name);
  give(path() / name);
}

pid_t Folder::spawn(const std::vector<std::string>& words, int out) const {
  auto word_copies = words, environment_copies = options_.environment;
  auto word_list = pointers(word_copies), environment = pointers(environment_copies);
  const int log = open((path() / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const std::string folder = path().string();
  const Start start{word_list.data(),
                    options_.environment.empty() ? environ : environment.data(),
                    folder.c_str(),
                    user_,
                    group_,
                    out,
                    log,
                    options_.farewell,
                    getpid()};
  const pid_t child = fork();
  if (child == 0) become(start);
  close(log);
  if (child < 0) throw Unavailable("no process for " + words.front());
  return child;
}

Folder::Ran Folder::run(const std::vector<std::string>& words) const {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Unavailable("no pipe");
  const pid_t child = spawn(words, ends[1]);
  close(ends[1]);
  Ran ran{0, ""};
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    ran.out.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

std::uintmax_t Folder::log_size() const {
  std::error_code none_yet;
  const auto size = fs::file_size(path() / "log", none_yet);
  return none_yet ? 0 : size;
}

std::string Folder::log(std::uintmax_t from, std::size_t most) const {
  std::ifstream in(path() / "log");
  in.seekg(static_cast<std::streamoff>(from));
  std::string text(most, '\0');
  in.read(text.data(), static_cast<std::streamsize>(most));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::string Folder::end_of_log() const {
  const auto size = log_size();
  return log(size - std::min(size, end));
}

}  // namespace holdfast::servers

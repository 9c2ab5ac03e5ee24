#include "demo/servers/postgres.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "demo/servers/free_port.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::servers {
namespace fs = std::filesystem;
namespace {

constexpr int tries = 1200, most_failures = 100, pause_ms = 50;  // a minute to start
constexpr const char* password = "secret";

fs::path make_folder() {
  std::string name = (fs::temp_directory_path() / "holdfast-pg-XXXXXX").string();
  if (!mkdtemp(name.data())) throw Unavailable("no temporary folder for PostgreSQL");
  return name;
}

std::string contents(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

fs::path installed() {
  for (int version = 18; version >= 13; --version)
    if (const fs::path bin = "/usr/lib/postgresql/" + std::to_string(version) + "/bin"; fs::exists(bin / "postgres"))
      return bin;
  return {};
}

/// In the child, between fork and exec: nothing that may allocate.
[[noreturn]] void become(char** words, uid_t user, gid_t group, int out, int log, pid_t parent) {
  if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(group) != 0 || setuid(user) != 0)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after setuid, which clears it
  if (getppid() != parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setpgid(0, 0);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out >= 0 ? out : log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(words[0], words);
  _exit(127);
}

}  // namespace

fs::path Postgres::programs() {
  const char* const set = std::getenv("HOLDFAST_POSTGRES_BIN");
  return set ? fs::path(set) : installed();
}

/// psql and its like, of another version where a server came without them.
fs::path Postgres::client(const char* name) const {
  return fs::exists(programs_ / name) ? programs_ / name : installed() / name;
}

Postgres::Postgres(Options options)
    : temporary_(options.folder.empty()),
      programs_(programs()),
      folder_(temporary_ ? make_folder() : options.folder),
      settings_(std::move(options.settings)),
      user_(geteuid()),
      group_(getegid()),
      port_(free_port()) {
  if (programs_.empty()) throw Unavailable("PostgreSQL is not installed (./dev deps test)");
  if (user_ == 0)
    for (const char* name : {"postgres", "nobody"})
      if (const passwd* entry = getpwnam(name)) {
        user_ = entry->pw_uid, group_ = entry->pw_gid;
        break;
      }
  fs::create_directories(folder_);
  if (geteuid() == 0 && chown(folder_.c_str(), user_, group_) != 0) throw Unavailable("chown " + folder_.string());
  if (!fs::exists(folder_ / "data")) make_data();
  start();
}

Postgres::~Postgres() {
  if (running()) stop(SIGQUIT);
  std::error_code ignored;
  if (temporary_) fs::remove_all(folder_, ignored);
}

void Postgres::make_data() const {
  std::ofstream(folder_ / "password") << password << "\n";
  const auto made = run({programs_ / "initdb", "-D", folder_ / "data", "-U", "postgres", "--auth-local=trust",
                         "--auth-host=scram-sha-256", "--pwfile=" + (folder_ / "password").string(), "--no-locale",
                         "-E", "UTF8", "--no-sync"});
  if (made.code != 0) throw Unavailable("initdb failed: " + made.out + end_of_log());
}

pid_t Postgres::spawn(const std::vector<std::string>& words, int out) const {
  std::vector<std::string> copies = words;
  std::vector<char*> pointers;
  for (auto& word : copies) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int log = open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const pid_t parent = getpid(), child = fork();
  if (child == 0) become(pointers.data(), user_, group_, out, log, parent);
  close(log);
  if (child < 0) throw Unavailable("no process for " + words.front());
  return child;
}

Postgres::Run Postgres::run(const std::vector<std::string>& words) const {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Unavailable("no pipe");
  const pid_t child = spawn(words, ends[1]);
  close(ends[1]);
  Run out{0, ""};
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    out.out.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return out;
}

void Postgres::start() {
  std::vector<std::string> words = {programs_ / "postgres", "-D", folder_ / "data", "-p", std::to_string(port_)};
  for (const std::string setting :
       {"listen_addresses=127.0.0.1", "max_connections=200", "shared_buffers=64MB", "fsync=off", "full_page_writes=off",
        "logging_collector=off", "log_min_messages=warning"})
    words.insert(words.end(), {"-c", setting});
  for (const auto& setting : settings_) words.insert(words.end(), {"-c", setting});
  words.insert(words.end(), {"-c", "unix_socket_directories=" + folder_.string()});
  for (int i = 0; i < tries; ++i) {
    if (pid_ == 0) pid_ = spawn(words, -1);
    if (answers()) return;
    if (waitpid(pid_, nullptr, WNOHANG) == pid_)
      pid_ = 0;  // one that was killed may still have children that hold its memory
    if (pid_ == 0 && i > most_failures) throw Unavailable("PostgreSQL ended at its start: " + end_of_log());
    poll(nullptr, 0, pause_ms);
  }
  throw Unavailable("PostgreSQL does not answer: " + end_of_log());
}

void Postgres::stop(int signal) {
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

bool Postgres::answers() const {
  return run({client("pg_isready"), "-q", "-h", folder_.string(), "-p", std::to_string(port_), "-t", "1"}).code == 0;
}

std::string Postgres::url(const std::string& role, const std::string& database) const {
  return "postgres://" + role + ":" + password + "@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string Postgres::sql(const std::string& database, const std::string& text) const {
  const auto ran = run({client("psql"), "-h", folder_.string(), "-p", std::to_string(port_), "-U", "postgres", "-d",
                        database, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", text});
  if (ran.code != 0) throw Unavailable("psql: " + text + ": " + end_of_log());
  return ran.out;
}

std::string Postgres::end_of_log() const {
  const std::string log = contents(folder_ / "log");
  return log.substr(log.size() - std::min<std::size_t>(log.size(), 2000));
}

}  // namespace holdfast::servers

#include "demo/servers/postgres.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "demo/servers/free_port.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::servers {
namespace fs = std::filesystem;
namespace {

constexpr int tries = 1200, most_failures = 100, pause_ms = 50;  // a minute to start
constexpr const char* password = "secret";

fs::path installed() {
  for (int version = 18; version >= 13; --version)
    if (const fs::path bin = "/usr/lib/postgresql/" + std::to_string(version) + "/bin"; fs::exists(bin / "postgres"))
      return bin;
  return {};
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
    : programs_(programs()),
      folder_({.path = options.folder,
               .name = "holdfast-pg",
               .users = {"postgres", "nobody"},
               .farewell = SIGQUIT}),  // the server takes its children along
      settings_(std::move(options.settings)),
      port_(free_port()) {
  if (programs_.empty()) throw Unavailable("PostgreSQL is not installed (./dev deps servers)");
  if (!fs::exists(folder_.path() / "data")) make_data();
  start();
}

Postgres::~Postgres() {
  if (running()) stop(SIGQUIT);
}

void Postgres::make_data() const {
  folder_.write("password", std::string(password) + "\n");
  const std::string pwfile = "--pwfile=" + (folder_.path() / "password").string();
  const auto made =
      folder_.run({programs_ / "initdb", "-D", folder_.path() / "data", "-U", "postgres", "--auth-local=trust",
                   "--auth-host=scram-sha-256", pwfile, "--no-locale", "-E", "UTF8", "--no-sync"});
  if (made.code != 0) throw Unavailable("initdb failed: " + made.out + folder_.end_of_log());
}

void Postgres::start() {
  std::vector<std::string> words = {programs_ / "postgres", "-D", folder_.path() / "data", "-p", std::to_string(port_)};
  for (const std::string setting :
       {"listen_addresses=127.0.0.1", "max_connections=200", "shared_buffers=64MB", "fsync=off", "full_page_writes=off",
        "logging_collector=off", "log_min_messages=warning"})
    words.insert(words.end(), {"-c", setting});
  for (const auto& setting : settings_) words.insert(words.end(), {"-c", setting});
  words.insert(words.end(), {"-c", "unix_socket_directories=" + folder_.path().string()});
  for (int i = 0; i < tries; ++i) {
    if (pid_ == 0) pid_ = folder_.spawn(words);
    if (answers()) return;
    if (waitpid(pid_, nullptr, WNOHANG) == pid_)
      pid_ = 0;  // one that was killed may still have children that hold its memory
    if (pid_ == 0 && i > most_failures) throw Unavailable("PostgreSQL ended at its start: " + folder_.end_of_log());
    poll(nullptr, 0, pause_ms);
  }
  if (running()) stop(SIGQUIT);
  throw Unavailable("PostgreSQL does not answer: " + folder_.end_of_log());
}

void Postgres::stop(int signal) {
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

bool Postgres::running() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
  return pid_ > 0;
}

bool Postgres::answers() const {
  return folder_
             .run({client("pg_isready"), "-q", "-h", folder_.path().string(), "-p", std::to_string(port_), "-t", "1"})
             .code == 0;
}

std::string Postgres::url(const std::string& role, const std::string& database) const {
  return "postgres://" + role + ":" + password + "@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string Postgres::sql(const std::string& database, const std::string& text) const {
  const auto ran = folder_.run({client("psql"), "-h", folder_.path().string(), "-p", std::to_string(port_), "-U",
                                "postgres", "-d", database, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", text});
  if (ran.code != 0) throw Unavailable("psql: " + text + ": " + folder_.end_of_log());
  return ran.out;
}

}  // namespace holdfast::servers

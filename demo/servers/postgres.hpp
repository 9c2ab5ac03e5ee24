// A private PostgreSQL server: its data in a temporary folder, on a free port of 127.0.0.1, gone when this object is gone. As root it
// runs as an unprivileged user, because the server refuses root.
// Threads: one, and it lives on: the server ends with the thread that started it. Errors: Unavailable (not installed, does not start; the text holds the end of its log).
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "demo/servers/folder.hpp"

namespace holdfast::servers {

class Postgres {
 public:
  struct Options {
    std::filesystem::path folder = {};  // empty: a temporary one, removed at the end
    std::vector<std::string> settings = {};  // as "max_connections=200"
  };
  Postgres() : Postgres(Options{}) {}
  explicit Postgres(Options options);
  ~Postgres();
  Postgres(const Postgres&) = delete;

  void start();
  void stop(int signal);  // SIGTERM, SIGINT (fast), SIGQUIT, SIGKILL; waits for its end
  bool running();  // collects it when it has ended
  pid_t pid() const { return pid_; }
  int port() const { return port_; }

  /// Roles come with the password "secret".
  std::string url(const std::string& role, const std::string& database) const;
  /// As superuser, by psql; several statements are one transaction, but for one alone. Returns what it prints.
  std::string sql(const std::string& database, const std::string& text) const;
  /// "/usr/lib/postgresql/15/bin", or HOLDFAST_POSTGRES_BIN. Empty: not installed.
  static std::filesystem::path programs();

 private:
  void make_data() const;
  std::filesystem::path client(const char* name) const;
  bool answers() const;

  const std::filesystem::path programs_;
  Folder folder_;
  std::vector<std::string> settings_;
  int port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace holdfast::servers

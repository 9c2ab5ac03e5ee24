// PgBouncer before the private server: sessions are shared between transactions.
#pragma once
#include <filesystem>
#include <string>

namespace holdfast::pg_test {

class PgBouncer {
 public:
  /// swallows: session settings that clients ask for are dropped without a word, as many set-ups have it.
  /// sessions: with the server, for each database and role.
  explicit PgBouncer(bool swallows, int sessions = 3);
  ~PgBouncer();
  PgBouncer(const PgBouncer&) = delete;
  static bool installed();
  std::string url(const std::string& role, const std::string& database) const;

 private:
  std::filesystem::path folder_;
  int port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace holdfast::pg_test

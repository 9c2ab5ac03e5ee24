#include "postgres_server/pgbouncer.hpp"

#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "demo/servers/free_port.hpp"
#include "holdfast/errors.hpp"
#include "holdfast/postgres.hpp"
#include "postgres_server/databases.hpp"

namespace holdfast::pg_test {
namespace fs = std::filesystem;
namespace {

constexpr const char* program = "/usr/sbin/pgbouncer";

void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

}  // namespace

bool PgBouncer::installed() { return fs::exists(program); }

PgBouncer::PgBouncer(bool swallows, int sessions) : port_(servers::free_port()) {
  std::string name = (fs::temp_directory_path() / "holdfast-bouncer-XXXXXX").string();
  folder_ = mkdtemp(name.data());
  const passwd* const nobody = getpwnam("nobody");
  write(folder_ / "users", "\"app\" \"secret\"\n\"owner\" \"secret\"\n");
  write(folder_ / "ini", "[databases]\n* = host=127.0.0.1 port=" + std::to_string(server().port()) +
                             "\n[pgbouncer]\nlisten_addr=127.0.0.1\nunix_socket_dir=\nlisten_port=" +
                             std::to_string(port_) + "\nauth_type=plain\nauth_file=" + (folder_ / "users").string() +
                             "\npool_mode=transaction\ndefault_pool_size=" + std::to_string(sessions) + "\n" +
                             (swallows ? "ignore_startup_parameters=options,extra_float_digits\n" : ""));
  if (geteuid() == 0 && (chown(folder_.c_str(), nobody->pw_uid, nobody->pw_gid) != 0))
    throw std::runtime_error("chown");
  const std::string ini = folder_ / "ini";
  const uid_t user = nobody->pw_uid;
  pid_ = fork();
  if (pid_ == 0) {
    if (geteuid() == 0 && setuid(user) != 0) _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(program, program, "-q", ini.c_str(), nullptr);
    _exit(127);
  }
  Store store =
      postgres::open({.url = url("app", "postgres"), .connections = 1, .acquire_timeout = patience, .pooler = true});
  for (int tries = 0;; ++tries) try {
      (void)store.begin();
      return;
    } catch (const Unavailable&) {
      if (tries == 200) throw;
      poll(nullptr, 0, 50);
    }
}

PgBouncer::~PgBouncer() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  fs::remove_all(folder_);
}

std::string PgBouncer::url(const std::string& role, const std::string& database) const {
  return "postgres://" + role + ":secret@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

}  // namespace holdfast::pg_test

// The private server that everything else here stands on.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "demo/servers/rabbit.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::servers {
namespace {

namespace fs = std::filesystem;

struct RabbitServer : ::testing::Test {
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "holdfast-rabbit-test-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    fs::permissions(folder, fs::perms(0755));
  }
  void TearDown() override { fs::remove_all(folder); }
  fs::path folder;
};

TEST_F(RabbitServer, KeepsItsDataThroughAKillAndInAFolderForTheNextOne) {
  const Rabbit::Options options{.folder = folder / "state", .vhost = "shop"};
  {
    Rabbit rabbit(options);
    EXPECT_EQ(rabbit.url(), "amqp://holdfast:secret@127.0.0.1:" + std::to_string(rabbit.port()) + "/shop");
    rabbit.ctl({"add_user", "foreign", "secret"});
    const pid_t first = rabbit.pid();
    const int port = rabbit.port();
    rabbit.stop(SIGKILL);
    EXPECT_FALSE(rabbit.running());
    rabbit.start();
    EXPECT_NE(rabbit.pid(), first);
    EXPECT_EQ(rabbit.port(), port);
    EXPECT_NE(rabbit.ctl({"list_users", "-q"}).find("foreign"), std::string::npos);
  }
  Rabbit again(options);
  EXPECT_NE(again.ctl({"list_users", "-q"}).find("foreign"), std::string::npos);
  EXPECT_NE(again.ctl({"list_vhosts", "-q"}).find("shop"), std::string::npos);
  EXPECT_THROW(again.ctl({"no_such_command"}), Unavailable);
}

TEST_F(RabbitServer, SaysWhyItDoesNotStart) {
  try {
    Rabbit rabbit({.folder = folder / "state", .settings = {"no_such_setting = 1"}});
    ADD_FAILURE() << "it started";
  } catch (const Unavailable& e) {
    EXPECT_NE(std::string(e.what()).find("no_such_setting"), std::string::npos) << e.what();
  }
}

/// Whoever is left without a parent (a server, an epmd) becomes a child of this process: it ends once none is left.
[[noreturn]] void own_a_server_and_die(const fs::path& folder) {
  alarm(240);
  setenv("TMPDIR", folder.c_str(), 1);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int ends[2];
  char started = 0;
  if (pipe(ends) != 0) _exit(2);
  const pid_t owner = fork();
  if (owner == 0) {
    Rabbit rabbit;
    rabbit.ctl({"list_users", "-q"}), rabbit.ctl({"list_vhosts", "-q"});
    if (write(ends[1], "!", 1) == 1) pause();
    _exit(2);
  }
  close(ends[1]);
  if (read(ends[0], &started, 1) != 1) _exit(3);
  kill(owner, SIGKILL);
  while (waitpid(-1, nullptr, 0) > 0 || errno != ECHILD) {}
  _exit(0);
}

TEST_F(RabbitServer, LeavesNoProcessWhenItsOwnerIsKilled) {
  EXPECT_EXIT(own_a_server_and_die(folder), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace holdfast::servers

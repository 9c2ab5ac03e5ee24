// A database that is damaged, of another schema, out of reach, read-only or on a full disk: clear words, 3 or 503, nothing lost.
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"
#include "ports/store_base.hpp"

namespace holdfast::program_test {
namespace {

namespace fs = std::filesystem;

struct BadDatabase : Programs {
  /// Root may write whatever the mode of a file says, unless it drops that right.
  demo::Command bound_by_modes(const Words& more = {}) const {
    auto c = command("order", more);
    if (geteuid() != 0) return c;
    c.arguments.insert(c.arguments.begin(), {"--bounding-set=-dac_override", c.program});
    c.program = "/usr/bin/setpriv";
    return c;
  }
  Ran to_the_end(demo::Command c) const {
    c.log = file("stderr");
    fs::remove(c.log);
    demo::Process process(c);
    auto out = rest_of(process);
    return {process.wait(), out, contents(c.log)};
  }
  Ran start_order(const Words& more = {}) const { return to_the_end(command("order", more)); }
  void place(int count) const {
    auto order = start("order");
    for (int i = 0; i < count; ++i) ASSERT_EQ(order.http.post("/orders", one_order()).status, 201);
    ASSERT_EQ(order.stop(), 0);
  }
  /// All that was placed is there, and can be added to.
  void expect_orders(int count) const {
    auto order = start("order");
    EXPECT_EQ(order.http.get("/orders/" + std::to_string(count)).status, 200);
    EXPECT_EQ(order.http.get("/orders/" + std::to_string(count + 1)).status, 404);
    EXPECT_EQ(open_store(url("order.db")).impl()->admin()->pending({}).size(), static_cast<std::size_t>(count));
    EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
  }
};

TEST_F(BadDatabase, OneOfANewerSchemaIsLeftAlone) {
  place(2);
  const auto set_version = [&](int version) {
    open_store(url("order.db")).transact([&](Transaction& tx) {
      tx.exec("UPDATE holdfast_schema_version SET version = $1, oldest_reader = $1", version);
    });
  };
  set_version(99);
  for (const Words& more : {Words{}, Words{"--database-migrate", "false"}}) {
    const auto ran = start_order(more);
    EXPECT_EQ(ran.code, 3) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(has(ran.err, "version 99") && has(ran.err, "upgrade this program") && has(ran.err, "order.db"))
        << ran.err;
  }
  for (const Words& look :
       {Words{"status"}, Words{"migrate"}, Words{"outbox", "list"}, Words{"publish", "a.b.v1", "k", "{}"}}) {
    const auto ran = on("order", look);
    EXPECT_EQ(ran.code, 3) << look[0] << ran.err;
    EXPECT_TRUE(has(ran.err, "upgrade this program")) << ran.err;
  }
  set_version(1);
  expect_orders(2);
}

TEST_F(BadDatabase, OneWithoutTablesIsRefusedWhereMigrationIsOff) {
  const auto ran = start_order({"--database-migrate", "false"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_TRUE(has(ran.err, "holdfast migrate")) << ran.err;
  EXPECT_EQ(on("order", {"migrate"}).code, 0);
  auto order = start("order", {"--database-migrate", "false"});
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
}

TEST_F(BadDatabase, ADamagedFileIsToldAndNotTouched) {
  place(3);
  const auto good = contents(file("order.db"));
  ASSERT_GT(good.size(), 8192u);
  auto garbage = good;
  std::fill(garbage.begin() + 100, garbage.end(), '\x5a');  // a whole header above pages of nonsense
  for (const auto& bytes :
       {garbage, std::string("this was never a database, whatever its name says\n") + std::string(1000, '.')}) {
    std::ofstream(file("order.db"), std::ios::binary | std::ios::trunc) << bytes;
    const auto ran = start_order();
    EXPECT_EQ(ran.code, 3) << ran.err;
    EXPECT_TRUE(has(ran.err, "damaged") && has(ran.err, "restore") && has(ran.err, "order.db")) << ran.err;
    EXPECT_EQ(contents(file("order.db")), bytes);
    const auto look = on("order", {"status"});
    EXPECT_EQ(look.code, 3);
    EXPECT_TRUE(has(look.err, "damaged")) << look.err;
  }
  std::ofstream(file("order.db"), std::ios::binary | std::ios::trunc) << good;
  expect_orders(3);
}

TEST_F(BadDatabase, AFolderOrAMissingOneIsNoDatabase) {
  fs::create_directory(file("order.db"));
  auto ran = start_order();
  EXPECT_EQ(ran.code, 3);
  EXPECT_TRUE(has(ran.err, "order.db: it cannot be opened; check that the folder exists")) << ran.err;
  ran = run("order-service",
            {"--database-url", url("none/order.db"), "--broker-url", url("bus.db"), "--http-listen", "127.0.0.1:0"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_TRUE(has(ran.err, "none/order.db: it cannot be opened; check that the folder exists")) << ran.err;
  EXPECT_FALSE(fs::exists(file("none")));
}

TEST_F(BadDatabase, ABusFileThatIsSomethingElseIsNotTouched) {
  prepare("payment");  // its ledger is an SQLite file of somebody else
  fs::copy(file("ledger.db"), file("bus2.db"));
  const auto before = contents(file("bus2.db"));
  const auto ran = start_order({"--broker-url", url("bus2.db")});
  EXPECT_EQ(ran.code, 3);
  EXPECT_TRUE(has(
      ran.err, "bus2.db: this SQLite file is not a Holdfast bus and is left as it is; give another file as broker.url"))
      << ran.err;
  EXPECT_EQ(contents(file("bus2.db")), before);
}

TEST_F(BadDatabase, AReadOnlyOneIs503UntilItCanBeWrittenAndLosesNothing) {
  place(2);
  fs::permissions(file("order.db"), fs::perms::owner_read);
  auto order = start(bound_by_modes());
  const auto refused = order.http.post("/orders", one_order());
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_TRUE(has(contents(file("order.log")), "POST /orders: " + file("order.db") +
                                                   ": it is read-only for this program; check the rights on the file"));
  const auto ready = order.http.get("/health/ready");
  EXPECT_EQ(ready.status, 503);
  EXPECT_TRUE(has(ready.body, "it is read-only for this program")) << ready.body;
  EXPECT_EQ(order.http.get("/health/live").status, 200);
  for (const auto* part : {"order.db", "order.db-wal", "order.db-shm"})
    if (fs::exists(file(part))) fs::permissions(file(part), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(eventually([&] { return order.http.get("/health/ready").status == 200; }))
      << order.http.get("/health/ready").body;
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
  EXPECT_EQ(order.stop(), 0);
  expect_orders(3);
}

TEST_F(BadDatabase, AReadOnlyFolderIsToldInClearWords) {
  fs::create_directory(file("locked"));
  fs::permissions(file("locked"), fs::perms::owner_read | fs::perms::owner_exec);
  const auto ran = to_the_end(bound_by_modes({"--database-url", url("locked/order.db")}));
  EXPECT_EQ(ran.code, 3) << ran.out << ran.err;
  EXPECT_TRUE(has(ran.err, "locked/order.db: it cannot be opened; check that the folder exists and may be written"))
      << ran.err;
  fs::permissions(file("locked"), fs::perms::owner_all);
}

/// A quota on the size of its files stands in for the full disk: it can be set and lifted while the program runs.
TEST_F(BadDatabase, AFullDiskIs503UntilThereIsSpaceAndLosesNothing) {
  auto order = start("order");
  for (int i = 0; i < 3; ++i) ASSERT_EQ(order.http.post("/orders", one_order()).status, 201);
  const auto limit = [&](rlim_t bytes) {
    const rlimit quota{bytes, RLIM_INFINITY};
    ASSERT_EQ(prlimit(order.process.pid(), RLIMIT_FSIZE, &quota, nullptr), 0);
  };
  limit(fs::file_size(file("order.db-wal")));
  const auto refused = order.http.post("/orders", one_order());
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_TRUE(refused.headers.contains("retry-after"));
  EXPECT_TRUE(has(contents(file("order.log")), "POST /orders: " + file("order.db") +
                                                   ": reading or writing the file failed; check the disk, and quotas"));
  EXPECT_EQ(order.http.get("/orders/3").status, 200) << "what is there can be read";
  limit(RLIM_INFINITY);
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
  EXPECT_EQ(order.stop(), 0);
  expect_orders(4);
}

}  // namespace
}  // namespace holdfast::program_test

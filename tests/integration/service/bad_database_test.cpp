// A database that is damaged, of another schema, out of reach, read-only or on a full disk: clear words, 3 or 503, nothing lost.
#include <sched.h>
#include <sys/mount.h>
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
  static void expect_nothing_saved(const http::Response& refused) {
    EXPECT_EQ(refused.status, 503) << refused.body;
    EXPECT_EQ(refused.headers.at("content-type"), "application/problem+json");
    EXPECT_EQ(refused.headers.at("retry-after"), "1");
    EXPECT_TRUE(has(refused.body, "full, or read-only") && has(refused.body, "Nothing was saved") &&
                has(refused.body, "Try again in a second"))
        << refused.body;
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
  for (const Words& look : {Words{"status"}, Words{"migrate"}, Words{"migrate", "--check"}, Words{"outbox", "list"},
                            Words{"publish", "a.b.v1", "k", "{}"}}) {
    const auto ran = on("order", look);
    EXPECT_EQ(ran.code, 3) << look[0] << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(has(ran.err, "version 99") && has(ran.err, "upgrade this program") && has(ran.err, "order.db"))
        << ran.err;
  }
  set_version(1);
  expect_orders(2);
}

TEST_F(BadDatabase, OneWithoutTablesIsRefusedWhereMigrationIsOff) {
  const auto ran = start_order({"--database-migrate", "false"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_TRUE(has(ran.err, "holdfast migrate")) << ran.err;
  const auto check = on("order", {"migrate", "--check"});
  EXPECT_EQ(check.code, 1) << check.err;
  EXPECT_TRUE(has(check.out, "order.db: Holdfast's tables are not there; run `holdfast migrate`")) << check.out;
  EXPECT_TRUE(has(on("order", {"--json", "migrate", "--check"}).out, "{\"todo\":\"")) << "for programs too";
  EXPECT_EQ(on("order", {"migrate"}).code, 0);
  EXPECT_EQ(on("order", {"migrate", "--check"}).code, 0);
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
  expect_nothing_saved(refused);
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
  expect_nothing_saved(order.http.post("/orders", one_order()));
  EXPECT_TRUE(has(order.http.get("/health/ready").body, "reading or writing the file failed; check the disk"));
  EXPECT_TRUE(has(contents(file("order.log")), "POST /orders: " + file("order.db") +
                                                   ": reading or writing the file failed; check the disk, and quotas"));
  EXPECT_EQ(order.http.get("/orders/3").status, 200) << "what is there can be read";
  limit(RLIM_INFINITY);
  EXPECT_EQ(order.http.get("/health/ready").status, 200) << "before anybody placed an order again";
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
  EXPECT_EQ(order.stop(), 0);
  expect_orders(4);
}

/// A disk of 2 MB, seen by this process and its children only. Where a mount is not allowed, the quota above must do.
struct SmallDisk : BadDatabase {
  SmallDisk() {
    fs::create_directory(disk);
    mounted = unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
              mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") == 0;
  }
  ~SmallDisk() override {
    if (mounted) umount2(disk.c_str(), MNT_DETACH);
  }
  void fill() const {
    std::ofstream filler(disk / "filler", std::ios::binary);
    while (filler << std::string(4096, '.') << std::flush) {}
  }
  const fs::path disk = folder / "disk";
  bool mounted = false;
};

TEST_F(SmallDisk, G1_NoLoss_WhileItIsFullNothingIsSavedAndAllThatWasIsThereAfterwards) {
  if (!mounted) GTEST_SKIP() << "no right to mount a small disk";
  declare_queues();
  const auto on_disk = [&](const std::string& name) {
    return start(name, {"--database-url", "sqlite:" + (disk / (name + ".db")).string()});
  };
  auto order = on_disk("order"), inventory = on_disk("inventory");
  auto payment = start("payment");
  ASSERT_EQ(inventory.http.put("/stock/101", R"({"onHand":10})").status, 200);
  ASSERT_EQ(order.http.post("/orders", one_order()).status, 201);
  ASSERT_TRUE(eventually([&] { return member(order.http, "/orders/1", "status") == "\"confirmed\""; }));

  fill();
  expect_nothing_saved(order.http.post("/orders", one_order(), {{"idempotency-key", "a"}}));
  const auto ready = order.http.get("/health/ready");
  EXPECT_EQ(ready.status, 503);
  EXPECT_TRUE(has(ready.body, "the disk is full") && has(ready.body, "free some space")) << ready.body;
  EXPECT_EQ(order.http.get("/health/live").status, 200);
  EXPECT_EQ(order.http.get("/orders/1").status, 200) << "what is there can be read";
  EXPECT_EQ(inventory.http.put("/stock/205", R"({"onHand":1})").status, 503);
  const auto foreign = EventId::generate();  // the bus has space, and brings inventory an order
  send(url("bus.db"), foreign, "order.created.v1",
       envelope_of(
           foreign, "order.created.v1",
           R"({"orderId":99,"customerId":1,"totalAmount":5.00,"currency":"INR","items":[{"productId":101,"qty":2}]})"));
  EXPECT_TRUE(eventually([&] { return member(payment.http, "/payments/99", "status") == "\"charged\""; }));
  EXPECT_EQ(on_hand(inventory.http, 101), 9);

  fs::remove(disk / "filler");
  for (auto* service : {&order, &inventory})
    EXPECT_EQ(service->http.get("/health/ready").status, 200) << service->http.get("/health/ready").body;
  EXPECT_TRUE(eventually([&] { return on_hand(inventory.http, 101) == 7; })) << "once, and uncounted";
  EXPECT_EQ(on("inventory", {"deferred", "list"}).code, 3) << "that database is elsewhere";
  EXPECT_EQ(run("holdfast", {"--database", "sqlite:" + (disk / "inventory.db").string(), "deferred", "list"}).out,
            "nothing is set aside\n");
  const auto placed = order.http.post("/orders", one_order(), {{"idempotency-key", "a"}});
  EXPECT_EQ(placed.status, 201);
  EXPECT_TRUE(has(placed.body, R"("id":2)")) << "the one that was refused left nothing: " << placed.body;
  EXPECT_TRUE(eventually([&] { return member(order.http, "/orders/2", "status") == "\"confirmed\""; }));
  EXPECT_EQ(on_hand(inventory.http, 101), 6);
}

/// The pages of one table are nonsense, the rest is whole: only a write tells, and no waiting cures it.
TEST_F(BadDatabase, OneThatTurnsOutToBeDamagedIsNotReady) {
  place(2);
  const auto [page, size] = open_store(url("order.db")).transact([](Transaction& tx) {
    return std::pair(tx.query<int>("SELECT rootpage FROM sqlite_master WHERE name = 'orders'").one(),
                     tx.query<int>("PRAGMA page_size").one());
  });
  {
    std::fstream bytes(file("order.db"), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(page - 1) * size);
    bytes << std::string(static_cast<std::size_t>(size), '\x5a');
  }
  auto order = start("order");
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 503);
  for (int asked = 0; asked < 3; ++asked) {
    const auto ready = order.http.get("/health/ready");
    EXPECT_EQ(ready.status, 503);
    EXPECT_TRUE(has(ready.body, "the file is damaged; restore it from a backup")) << ready.body;
  }
  EXPECT_TRUE(has(contents(file("order.log")), "the file is damaged; restore it from a backup"));
  EXPECT_EQ(order.stop(), 0);
}

}  // namespace
}  // namespace holdfast::program_test

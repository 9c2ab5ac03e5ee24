// The bus is away: orders are taken, the service stays ready and says what is late; then all goes on by itself.
#include <sqlite3.h>

#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"
#include "ports/store_base.hpp"

namespace holdfast::program_test {
namespace {

/// Another process at the file, as far as its locks can tell.
class Holder {
 public:
  explicit Holder(const std::string& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &connection_), SQLITE_OK);
    sqlite3_busy_timeout(connection_, 30'000);
    EXPECT_EQ(sqlite3_exec(connection_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(connection_);
  }
  ~Holder() { release(); }
  void release() { sqlite3_close(connection_), connection_ = nullptr; }

 private:
  sqlite3* connection_ = nullptr;
};

struct G6_BusAway : Programs {
  ports::Status status() const { return open_store(url("order.db")).impl()->admin()->status(); }
};

TEST_F(G6_BusAway, OrdersGoOnWhileAnotherProcessHoldsTheBus) {
  declare_queues();
  auto order = start("order"), inventory = start("inventory"), payment = start("payment");
  ASSERT_EQ(inventory.http.put("/stock/101", R"({"onHand":100})").status, 200);
  ASSERT_EQ(order.http.post("/orders", one_order()).status, 201);
  ASSERT_TRUE(eventually([&] { return member(order.http, "/orders/1", "status") == "\"confirmed\""; }));
  ASSERT_TRUE(eventually([&] { return status().pending == 0; }))
      << "what the confirmation publishes is sent a moment later";
  Holder holder(file("bus.db"));
  for (int i = 2; i <= 21; ++i) {
    EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
    EXPECT_EQ(order.http.get("/health/ready").status, 200);
  }
  EXPECT_TRUE(eventually([&] {
    return has(order.http.get("/health/ready").body, "the relay has no session with the broker");
  })) << order.http.get("/health/ready").body;
  EXPECT_EQ(order.http.get("/health/ready").status, 200) << "a reason, never a 503";
  EXPECT_EQ(status().pending, 20);
  holder.release();
  EXPECT_TRUE(eventually([&] { return member(order.http, "/orders/21", "status") == "\"confirmed\""; }))
      << order.http.get("/orders/21").body;
  EXPECT_TRUE(eventually([&] { return status().pending == 0; }));
  EXPECT_TRUE(eventually([&] { return on_hand(inventory.http, 101) == 79; })) << on_hand(inventory.http, 101);
  for (const auto& view : open_store(url("order.db")).impl()->admin()->published({}))
    EXPECT_EQ(view.row.attempts, 0) << "an outage uses up nothing";
}

TEST_F(G6_BusAway, AServiceStartsWithoutItsBus) {
  declare_queues();
  Holder holder(file("bus.db"));
  auto order = start("order");
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
  EXPECT_EQ(order.http.get("/health/ready").status, 200);
  holder.release();
  EXPECT_TRUE(eventually([&] { return status().published == 1; }));
}

TEST_F(G6_BusAway, AServiceStartsAndEndsWithoutTheFolderOfItsBus) {
  auto order = start("order", {"--broker-url", url("none/bus.db")});
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
  EXPECT_TRUE(eventually([&] { return has(order.http.get("/health/ready").body, "cannot be opened"); }))
      << order.http.get("/health/ready").body;
  EXPECT_EQ(order.stop(), 0);
  EXPECT_EQ(status().pending, 1);
  declare_queues();
  auto again = start("order");
  EXPECT_TRUE(eventually([&] { return status().published == 1; }));
}

/// SIGKILL at any moment: what was answered 201 is there, and takes effect once.
TEST_F(G6_BusAway, G1_NoLoss_KilledServicesGoOnWhereTheyWere) {
  declare_queues();
  auto inventory = std::make_optional(start("inventory"));
  auto payment = start("payment");
  ASSERT_EQ(inventory->http.put("/stock/101", R"({"onHand":1000})").status, 200);
  constexpr int rounds = 4, each = 15;
  for (int round = 0; round < rounds; ++round) {
    auto order = start("order");
    for (int i = 0; i < each; ++i) ASSERT_EQ(order.http.post("/orders", one_order()).status, 201);
    order.kill(), inventory->kill();
    inventory.reset(), inventory.emplace(start("inventory"));
  }
  auto order = start("order");
  EXPECT_TRUE(eventually(
      [&] { return member(order.http, "/orders/" + std::to_string(rounds * each), "status") == "\"confirmed\""; }));
  EXPECT_TRUE(eventually([&] { return on_hand(inventory->http, 101) == 1000 - rounds * each; }))
      << on_hand(inventory->http, 101);
  EXPECT_TRUE(eventually([&] { return !has(order.http.get("/orders?limit=1000").body, "pending"); }));
  EXPECT_FALSE(has(order.http.get("/orders?limit=1000").body, "cancelled"));
}

}  // namespace
}  // namespace holdfast::program_test

// The payment service on the harness: money is judged by the gateway's ledger, not by payment's tables.
#include <gtest/gtest.h>
#include <holdfast/sqlite.hpp>
#include <holdfast/testing.hpp>

#include <algorithm>
#include <filesystem>

#include "contracts/order_cancelled.hpp"
#include "contracts/order_created.hpp"
#include "contracts/payment_charged.hpp"
#include "contracts/payment_declined.hpp"
#include "payment/install.hpp"

using namespace holdfast::literals;
using namespace std::chrono_literals;
using namespace shop;

namespace {

struct Folder {
  std::string path = std::filesystem::temp_directory_path() / "till-XXXXXX";
  Folder() {
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

/// The sandbox, with a clock that is moved by hand and a ledger to look into.
struct Gateway : payment::Gateway {
  Folder folder;
  double now = 0;
  payment::SandboxGateway sandbox{folder.path + "/ledger.db", [this] { return now; }};
  holdfast::Store ledger = holdfast::sqlite::open({.file = folder.path + "/ledger.db"});
  int calls = 0;
  bool away = false;
  std::function<void(const payment::Charge&)> before_charge;
  bool charge(const payment::Charge& c) override {
    ++calls;
    if (away) throw holdfast::Unavailable("the gateway is away");
    if (before_charge) before_charge(c);
    return sandbox.charge(c);
  }
  void refund(const std::string& key) override { sandbox.refund(key); }
  holdfast::Money kept() {
    return ledger.transact([](holdfast::Transaction& tx) {
      holdfast::Money sum;
      for (const auto& amount :
           tx.query<holdfast::Money>("SELECT amount FROM ledger WHERE outcome = 'charged' AND refunded = 0"))
        sum += amount;
      return sum;
    });
  }
};

struct Till : testing::Test {
  Till() { payment::install(harness.host(), harness.server(), gateway); }
  static OrderCreated order(std::int64_t id, holdfast::Money amount) { return {id, 77, amount, "INR", {{101, 1}}}; }
  std::string status(std::int64_t id) { return harness.http({"GET", "/payments/" + std::to_string(id)}).body; }
  void advance(std::chrono::seconds by) {
    for (; by > 0s; by -= 1s) gateway.now += 1, harness.advance(1s);
  }
  std::int64_t count(std::string_view from) {
    return harness.store().transact([&](holdfast::Transaction& tx) {
      return tx.query<std::int64_t>("SELECT count(*) FROM " + std::string(from)).one();
    });
  }
  Gateway gateway;
  holdfast::testing::Harness harness;
};
struct G6_Till : Till {};

}  // namespace

TEST_F(Till, ChargesOnceHoweverOftenDelivered) {
  const auto id = harness.deliver(order(1, 10.00_money));
  harness.deliver_again(id);
  EXPECT_EQ(gateway.calls, 1);
  EXPECT_EQ(gateway.kept(), 10.00_money);
  EXPECT_EQ(harness.published<PaymentCharged>().size(), 1u);
  EXPECT_EQ(status(1), R"({"orderId":1,"status":"charged","amount":10.00,"currency":"INR"})");
}

TEST_F(Till, ADeclinedCardIsAnOutcome) {
  harness.deliver(order(1, 10.02_money));
  EXPECT_EQ(harness.published<PaymentDeclined>().size(), 1u);
  EXPECT_EQ(gateway.kept(), holdfast::Money());
  EXPECT_TRUE(harness.dead_letters().empty());
}

TEST_F(Till, AForeignOrderThatNamesNoCurrencyOrCostsNothingIsDeadAndChargesNobody) {
  harness.deliver(OrderCreated{1, 77, 10.00_money, "", {{101, 1}}});
  harness.deliver(order(2, 0.00_money));
  EXPECT_EQ(gateway.calls, 0);
  ASSERT_EQ(harness.dead_letters().size(), 2u);
  EXPECT_NE(harness.dead_letters()[0].error.find("/payload/currency: order "), std::string::npos);
  EXPECT_NE(harness.dead_letters()[1].error.find("/payload/totalAmount: order "), std::string::npos);
}

// A copy of the event at another instance may be slower than the one that found the order settled and gave back.
TEST_F(Till, AChargeAfterTheRefundOfItsKeyTakesNothing) {
  const payment::Charge late{"a", 1, 10.00_money, "INR"};
  gateway.refund("a");
  EXPECT_FALSE(gateway.charge(late));
  EXPECT_EQ(gateway.kept(), holdfast::Money());
  EXPECT_TRUE(gateway.charge({"b", 1, 10.00_money, "INR"})) << "another key is not spent";
  gateway.refund("b");
  EXPECT_FALSE(gateway.charge({"b", 1, 10.00_money, "INR"})) << "nor is it charged again";
  EXPECT_EQ(gateway.kept(), holdfast::Money());
}

TEST_F(Till, ACopyThatIsSlowerThanTheCancellationAndAnotherCopyChargesNobody) {
  gateway.before_charge = [&](const payment::Charge& charge) {
    harness.store().transact([&](holdfast::Transaction& tx) {
      tx.exec(
          "INSERT INTO payments(order_id, status, amount, currency, charge_key) VALUES ($1, 'cancelled', '0.00', '', "
          "'')"
          " ON CONFLICT DO NOTHING",
          charge.orderId);
    });
    gateway.refund(charge.key);
  };
  harness.deliver(order(1, 10.00_money));
  advance(10s);
  EXPECT_EQ(gateway.calls, 1);
  EXPECT_EQ(gateway.kept(), holdfast::Money());
  EXPECT_TRUE(harness.published<PaymentCharged>().empty() && harness.published<PaymentDeclined>().empty());
}

TEST_F(Till, AGatewayThatFailsTwiceIsTriedAgain) {
  harness.deliver(order(1, 10.07_money));
  EXPECT_TRUE(harness.published<PaymentCharged>().empty());
  advance(10s);
  EXPECT_EQ(harness.published<PaymentCharged>().size(), 1u);
  EXPECT_EQ(gateway.calls, 3);
}

TEST_F(Till, AGatewayThatIsAwayForOneEventStopsNobodyElse) {
  harness.deliver(order(1, 10.09_money));
  harness.deliver(order(2, 20.00_money));
  advance(5s);
  EXPECT_EQ(gateway.kept(), 20.00_money);
  advance(60s);
  EXPECT_EQ(gateway.kept(), 30.09_money);
  EXPECT_TRUE(harness.dead_letters().empty());
}

TEST_F(G6_Till, AGatewayAwayForAnHourUsesUpNothing) {
  gateway.away = true;
  for (std::int64_t id = 1; id <= 20; ++id) {
    harness.deliver(order(id, 10.00_money));
    if (id % 5 == 0) harness.deliver(OrderCancelled{100 + id, "no stock"});  // needs no gateway
    advance(180s);
    ASSERT_EQ(count("holdfast_deferred"), 0) << "an attempt was used up, or more";
  }
  EXPECT_TRUE(harness.dead_letters().empty());
  EXPECT_LT(gateway.calls, 200) << "it did not pause";
  EXPECT_EQ(gateway.kept(), 0.00_money);

  gateway.away = false;
  gateway.calls = 0;
  advance(120s);
  EXPECT_EQ(gateway.kept(), 200.00_money);
  EXPECT_EQ(gateway.calls, 20) << "each is charged once";
  EXPECT_EQ(harness.published<PaymentCharged>().size(), 20u);
  EXPECT_EQ(count("payments WHERE status = 'cancelled'"), 4);
  EXPECT_TRUE(harness.dead_letters().empty());
  EXPECT_EQ(count("holdfast_deferred"), 0);
}

TEST_F(Till, ACrashBetweenChargeAndCommitChargesOnce) {
  harness.fail_next_commit();
  harness.deliver(order(1, 10.00_money));
  advance(5s);
  EXPECT_EQ(gateway.calls, 2);
  EXPECT_EQ(gateway.kept(), 10.00_money);
  EXPECT_EQ(harness.published<PaymentCharged>().size(), 1u);
}

// Two orders, one of them cancelled: every order of their events, each also delivered twice, keeps the same money.
TEST(PaymentCommutes, EveryPermutationKeepsTheSameMoney) {
  std::vector<int> turn{0, 0, 1, 1, 2, 2};
  do {
    Gateway gateway;
    holdfast::testing::Harness harness;
    payment::install(harness.host(), harness.server(), gateway);
    std::optional<holdfast::EventId> sent[3];
    for (const int i : turn) {
      if (sent[i]) harness.deliver_again(*sent[i]);
      else if (i == 0) sent[i] = harness.deliver(OrderCreated{1, 77, 4.00_money, "INR", {{101, 1}}});
      else if (i == 1) sent[i] = harness.deliver(OrderCancelled{1, "no stock"});
      else sent[i] = harness.deliver(OrderCreated{2, 77, 5.00_money, "INR", {{101, 1}}});
    }
    ASSERT_EQ(gateway.kept(), 5.00_money) << testing::PrintToString(turn);
  } while (std::next_permutation(turn.begin(), turn.end()));
}

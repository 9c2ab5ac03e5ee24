// The inventory service on the harness: all lines or none, and the same stock whatever comes first.
#include <gtest/gtest.h>
#include <holdfast/testing.hpp>

#include <algorithm>

#include "contracts/order_cancelled.hpp"
#include "contracts/order_created.hpp"
#include "contracts/stock_rejected.hpp"
#include "contracts/stock_reserved.hpp"
#include "inventory/install.hpp"

using namespace holdfast::literals;
using namespace shop;

namespace {

struct Shelf : testing::Test {
  Shelf() {
    inventory::install(harness.host(), harness.server());
    put(101, 10), put(205, 10);
  }
  void put(int product, int amount) {
    EXPECT_EQ(
        harness.http({"PUT", "/stock/" + std::to_string(product), {}, "{\"onHand\":" + std::to_string(amount) + "}"})
            .status,
        200);
  }
  std::int64_t on_hand(int product) {
    return harness.store().transact([&](holdfast::Transaction& tx) {
      return tx.query<std::int64_t>("SELECT on_hand FROM stock WHERE product_id = $1", product).one();
    });
  }
  static OrderCreated order(std::int64_t id, std::vector<Line> items) {
    return {id, 77, 10.00_money, "INR", std::move(items)};
  }
  holdfast::testing::Harness harness;
};

}  // namespace

TEST_F(Shelf, ReservesAllLines) {
  const auto id = harness.deliver(order(1, {{101, 3}, {205, 2}, {101, 1}}));
  EXPECT_EQ(on_hand(101), 6);
  EXPECT_EQ(on_hand(205), 8);
  ASSERT_EQ(harness.published<StockReserved>().size(), 1u);
  EXPECT_EQ(harness.published<StockReserved>()[0].info.causation_id, id.to_string());
}

TEST_F(Shelf, ReservesNothingOfAnOrderThatItCannotServe) {
  harness.deliver(order(1, {{101, 3}, {205, 11}}));
  harness.deliver(order(2, {{101, 3}, {999, 1}}));
  EXPECT_EQ(on_hand(101), 10);
  const auto rejected = harness.published<StockRejected>();
  ASSERT_EQ(rejected.size(), 2u);
  EXPECT_EQ(rejected[0].event.reason, "out of stock: product 205");
  EXPECT_EQ(rejected[1].event.reason, "unknown product 999");
  EXPECT_TRUE(harness.dead_letters().empty());
}

TEST_F(Shelf, ForeignBytesAreDeadAndNameTheMember) {
  harness.deliver_raw(
      R"({"eventId":"1f09f4f7a1d24575a2b4b2a1b35c0b1a","eventType":"order.created.v1","payload":{"orderId":1,"customerId":1,"totalAmount":"1.00","currency":"INR","items":[]}})");
  harness.deliver(order(1, {{101, -5}}));
  harness.deliver(order(2, {{101, 1}}));
  ASSERT_EQ(harness.dead_letters().size(), 2u);
  EXPECT_EQ(harness.dead_letters()[0].reason, "invalid");
  EXPECT_NE(harness.dead_letters()[0].error.find("/payload/totalAmount"), std::string::npos)
      << harness.dead_letters()[0].error;
  EXPECT_EQ(harness.dead_letters()[1].reason, "rejected");
  EXPECT_TRUE(harness.dead_letters()[1].error.starts_with("/payload/items/0/qty: order 1 wants -5 of product 101"))
      << harness.dead_letters()[1].error;
  EXPECT_EQ(on_hand(101), 9);
}

TEST_F(Shelf, ACrashAfterTheCommitReservesOnce) {
  harness.crash_after_next_commit();
  harness.deliver(order(1, {{101, 3}}));
  harness.advance(std::chrono::seconds(10));
  EXPECT_EQ(on_hand(101), 7);
  EXPECT_EQ(harness.published<StockReserved>().size(), 1u);
  EXPECT_GE(harness.duplicates_absorbed(), 1);
}

TEST_F(Shelf, ADatabaseThatGoesAwayAtTheCommitReservesOnce) {
  harness.fail_next_commit();
  harness.deliver(order(1, {{101, 3}}));
  harness.advance(std::chrono::seconds(10));
  EXPECT_EQ(on_hand(101), 7);
  EXPECT_TRUE(harness.dead_letters().empty());
}

// Two orders, one of them cancelled: every order of their events, each also delivered twice, ends in the same stock.
TEST(InventoryCommutes, EveryPermutationEndsInTheSameStock) {
  std::vector<int> turn{0, 1, 2, 0, 1, 2};
  std::sort(turn.begin(), turn.end());
  do {
    holdfast::testing::Harness harness;
    inventory::install(harness.host(), harness.server());
    harness.http({"PUT", "/stock/101", {}, R"({"onHand":10})"});
    std::optional<holdfast::EventId> sent[3];
    for (const int i : turn) {
      if (sent[i]) harness.deliver_again(*sent[i]);
      else if (i == 0) sent[i] = harness.deliver(OrderCreated{1, 77, 1.00_money, "INR", {{101, 4}}});
      else if (i == 1) sent[i] = harness.deliver(OrderCancelled{1, "declined"});
      else sent[i] = harness.deliver(OrderCreated{2, 77, 1.00_money, "INR", {{101, 5}}});
    }
    const auto left = harness.store().transact(
        [](holdfast::Transaction& tx) { return tx.query<int>("SELECT on_hand FROM stock").one(); });
    ASSERT_EQ(left, 5) << testing::PrintToString(turn);
    ASSERT_EQ(harness.duplicates_absorbed(), 3);
  } while (std::next_permutation(turn.begin(), turn.end()));
}

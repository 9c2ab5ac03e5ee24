// The order service on the harness: what it answers, what it publishes, how it decides.
#include <gtest/gtest.h>
#include <holdfast/testing.hpp>

#include "contracts/order_cancelled.hpp"
#include "contracts/order_confirmed.hpp"
#include "contracts/order_created.hpp"
#include "contracts/payment_charged.hpp"
#include "contracts/payment_declined.hpp"
#include "contracts/stock_rejected.hpp"
#include "contracts/stock_reserved.hpp"
#include "order/install.hpp"

using namespace holdfast::literals;
using namespace shop;

namespace {

constexpr auto good =
    R"({"customerId":77,"totalAmount":9999999999999999.99,"currency":"INR","items":[{"productId":101,"qty":1},{"productId":205,"qty":2}]})";

struct Shop : testing::Test {
  Shop() { order::install(harness.host(), harness.server()); }
  holdfast::http::Response post(const std::string& body, holdfast::Headers headers = {}) {
    return harness.http({"POST", "/orders", std::move(headers), body});
  }
  holdfast::http::Response get(const std::string& target) { return harness.http({"GET", target}); }
  holdfast::testing::Harness harness;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_F(Shop, SavesTheOrderAndPublishesItWithItsAmountUnchanged) {
  const auto answer = post(good);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, R"({"id":1,"status":"pending"})");
  EXPECT_EQ(answer.headers.at("location"), "/orders/1");
  const auto created = harness.published<OrderCreated>();
  ASSERT_EQ(created.size(), 1u);
  EXPECT_EQ(created[0].event.totalAmount, 9999999999999999.99_money);
  EXPECT_EQ(created[0].event.items, (std::vector<Line>{{101, 1}, {205, 2}}));
  EXPECT_EQ(created[0].info.key, "1");
  EXPECT_TRUE(has(get("/orders/1").body, R"("totalAmount":9999999999999999.99)"));
}

TEST_F(Shop, AnEventContinuesTheTraceOfItsRequest) {
  post(good, {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}});
  post(good);
  post(good, {{"traceparent", "not one of W3C's"}});
  const auto created = harness.published<OrderCreated>();
  ASSERT_EQ(created.size(), 3u);
  EXPECT_EQ(created[0].info.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  for (const auto i : {1, 2}) {
    EXPECT_EQ(created[i].info.trace_id.size(), 32u);
    EXPECT_NE(created[i].info.trace_id, created[0].info.trace_id) << "a request is no part of the one before";
  }
}

TEST_F(Shop, TheSameIdempotencyKeyAndBodyIsOneOrder) {
  const auto first = post(good, {{"Idempotency-Key", "a"}}), again = post(good, {{"Idempotency-Key", "a"}});
  EXPECT_EQ(first.body, again.body);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(harness.published<OrderCreated>().size(), 1u);
}

TEST_F(Shop, TheSameIdempotencyKeyWithAnotherBodyIsRefused) {
  post(good, {{"Idempotency-Key", "a"}});
  const auto other = post(R"({"customerId":78,"totalAmount":1,"currency":"INR","items":[{"productId":101,"qty":1}]})",
                          {{"Idempotency-Key", "a"}});
  EXPECT_EQ(other.status, 422);
  EXPECT_TRUE(has(other.body, "Idempotency-Key"));
  EXPECT_EQ(harness.published<OrderCreated>().size(), 1u);
}

TEST_F(Shop, AnAnswerIsKeptForAWeek) {
  post(good, {{"Idempotency-Key", "old"}}), post(good, {{"Idempotency-Key", "young"}});
  harness.host().store().transact([](holdfast::Transaction& tx) {
    tx.exec("UPDATE idempotency_keys SET answered_at = datetime('now', '-8 days') WHERE idempotency_key = 'old'");
    tx.exec("UPDATE idempotency_keys SET answered_at = datetime('now', '-6 days') WHERE idempotency_key = 'young'");
  });
  post(good, {{"Idempotency-Key", "new"}});  // it takes the old one away
  EXPECT_EQ(post(good, {{"Idempotency-Key", "young"}}).body, R"({"id":2,"status":"pending"})");
  EXPECT_EQ(post(good, {{"Idempotency-Key", "old"}}).body, R"({"id":4,"status":"pending"})");
}

TEST_F(Shop, BadInputIsAnsweredWithTheMemberAndPublishesNothing) {
  const struct {
    const char *body, *member;
    int status;
  } cases[] = {
      {"{", "", 400},
      {R"({"customerId":"x","totalAmount":1,"currency":"INR","items":[{"productId":1,"qty":1}]})", "/customerId", 400},
      {R"({"customerId":1,"totalAmount":1.001,"currency":"INR","items":[{"productId":1,"qty":1}]})", "/totalAmount",
       400},
      {R"({"customerId":1,"totalAmount":1e30,"currency":"INR","items":[{"productId":1,"qty":1}]})", "/totalAmount",
       400},
      {R"({"customerId":1,"totalAmount":-1,"currency":"INR","items":[{"productId":1,"qty":1}]})", "/totalAmount", 422},
      {R"({"customerId":1,"totalAmount":1,"currency":"rupees","items":[{"productId":1,"qty":1}]})", "/currency", 422},
      {R"({"customerId":1,"totalAmount":1,"currency":"INR","items":[]})", "/items", 422},
      {R"({"customerId":1,"totalAmount":1,"currency":"INR","items":[{"productId":1,"qty":1},{"productId":1,"qty":-3}]})",
       "/items/1/qty", 422},
      {R"({"customerId":1,"totalAmount":1,"currency":"INR","items":[{"productId":1}]})", "/items/0", 400},
  };
  for (const auto& c : cases) {
    const auto answer = post(c.body);
    EXPECT_EQ(answer.status, c.status) << c.body;
    EXPECT_TRUE(has(answer.body, c.member)) << c.body << " -> " << answer.body;
    EXPECT_TRUE(has(answer.headers.at("content-type"), "application/problem+json")) << c.body;
  }
  EXPECT_TRUE(harness.published<OrderCreated>().empty());
}

TEST_F(Shop, BothGoodConfirmOneBadCancels) {
  post(good), post(good), post(good);
  harness.deliver(StockReserved{1}), harness.deliver(PaymentCharged{1, 5.00_money, "INR"});
  harness.deliver(StockReserved{2}), harness.deliver(PaymentDeclined{2, "card declined"});
  harness.deliver(PaymentCharged{3, 5.00_money, "INR"}), harness.deliver(StockRejected{3, "out of stock"});
  EXPECT_TRUE(has(get("/orders/1").body, R"("status":"confirmed")"));
  EXPECT_TRUE(has(get("/orders/2").body, R"("status":"cancelled","reason":"payment: card declined")"));
  EXPECT_TRUE(has(get("/orders/3").body, R"("status":"cancelled","reason":"stock: out of stock")"));
  EXPECT_EQ(harness.published<OrderConfirmed>().size(), 1u);
  EXPECT_EQ(harness.published<OrderCancelled>().size(), 2u);
}

/// Each outcome of both sides, in both orders, the first of them told twice (by two events).
TEST_F(Shop, WhicheverSideIsFirstTheDecisionIsTheSame) {
  std::int64_t id = 0;
  for (const bool reserved : {true, false})
    for (const bool charged : {true, false})
      for (const bool stock_first : {true, false}) {
        post(good), ++id;
        const auto stock = [&] {
          reserved ? harness.deliver(StockReserved{id}) : harness.deliver(StockRejected{id, "none"});
        };
        const auto payment = [&] {
          charged ? harness.deliver(PaymentCharged{id, 5.00_money, "INR"}) : harness.deliver(PaymentDeclined{id, "no"});
        };
        if (stock_first) stock(), payment(), stock();
        else payment(), stock(), payment();
        const auto body = get("/orders/" + std::to_string(id)).body;
        EXPECT_TRUE(has(body, reserved && charged ? R"("status":"confirmed")" : R"("status":"cancelled")"))
            << reserved << charged << stock_first << ": " << body;
      }
  EXPECT_EQ(harness.published<OrderConfirmed>().size(), 2u);
  EXPECT_EQ(harness.published<OrderCancelled>().size(), 6u);
}

TEST_F(Shop, AnOutcomeOfAnUnknownOrderIsCountedAndCancelsNothing) {
  harness.deliver(StockRejected{404, "out of stock"});
  EXPECT_TRUE(harness.published<OrderCancelled>().empty());
  EXPECT_TRUE(harness.dead_letters().empty());
  const auto seen = harness.store().transact([](holdfast::Transaction& tx) {
    return tx.query<int>("SELECT outcomes FROM unknown_orders WHERE type = 'stock.rejected.v1'").one();
  });
  EXPECT_EQ(seen, 1);
}

TEST_F(Shop, PagesThroughOrders) {
  for (int i = 0; i < 3; ++i) post(good);
  EXPECT_TRUE(has(get("/orders?limit=2").body, R"("next":2)"));
  EXPECT_TRUE(has(get("/orders?after=2&limit=2").body, R"("next":null)"));
  EXPECT_EQ(get("/orders/9").status, 404);
  EXPECT_EQ(get("/orders/x").status, 400);
}

// Bad input over the real server: a 4xx that names the member, and nothing is placed.
#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::program_test {
namespace {

using BadInput = Programs;

struct Bad {
  std::string body;
  int status;
  std::string pointer;
};

std::string lines(const std::string& items) {
  return R"({"customerId":77,"totalAmount":10.00,"currency":"INR","items":)" + items + "}";
}

const std::vector<Bad>& table() {
  static const std::vector<Bad> all = {
      {"", 400, ""},
      {"{", 400, ""},
      {"no JSON", 400, ""},
      {"[]", 400, ""},
      {"null", 400, ""},
      {one_order() + " and more", 400, ""},
      {std::string("{\"customerId\":77,\"currency\":\"\xff\"}"), 400, ""},
      {std::string(70, '[') + std::string(70, ']'), 400,
       [] {
         std::string deep;
         for (int i = 0; i < 64; ++i) deep += "/0";
         return deep;
       }()},
      {"{}", 400, "/customerId"},
      {R"({"customerId":"77","totalAmount":1,"currency":"INR","items":[{"productId":1,"qty":1}]})", 400, "/customerId"},
      {R"({"customerId":7.5,"totalAmount":1,"currency":"INR","items":[{"productId":1,"qty":1}]})", 400, "/customerId"},
      {R"({"customerId":99999999999999999999,"totalAmount":1,"currency":"INR","items":[{"productId":1,"qty":1}]})", 400,
       "/customerId"},
      {R"({"customerId":0,"totalAmount":1,"currency":"INR","items":[{"productId":1,"qty":1}]})", 422, "/customerId"},
      {R"({"customerId":77,"customerId":78,"totalAmount":1,"currency":"INR","items":[{"productId":1,"qty":1}]})", 400,
       "/customerId"},
      {R"({"customerId":77,"currency":"INR","items":[{"productId":1,"qty":1}]})", 400, "/totalAmount"},
      {one_order("\"10.00\""), 400, "/totalAmount"},
      {one_order("10.001"), 400, "/totalAmount"},
      {one_order("1e30"), 400, "/totalAmount"},
      {one_order("99999999999999999.99"), 400, "/totalAmount"},
      {one_order("1e999999999"), 400, "/totalAmount"},
      {one_order("0"), 422, "/totalAmount"},
      {one_order("-10.00"), 422, "/totalAmount"},
      {R"({"customerId":77,"totalAmount":1,"currency":"rupees","items":[{"productId":1,"qty":1}]})", 422, "/currency"},
      {R"({"customerId":77,"totalAmount":1,"currency":7,"items":[{"productId":1,"qty":1}]})", 400, "/currency"},
      {lines("[]"), 422, "/items"},
      {lines("{}"), 400, "/items"},
      {lines("null"), 400, "/items"},
      {lines("[7]"), 400, "/items/0"},
      {lines(R"([{"productId":1}])"), 400, "/items/0/qty"},
      {lines(R"([{"productId":101,"qty":1},{"productId":101,"qty":-3}])"), 422, "/items/1/qty"},
      {lines(R"([{"productId":101,"qty":0}])"), 422, "/items/0/qty"},
      {lines(R"([{"productId":101,"qty":1000001}])"), 422, "/items/0/qty"},
      {lines(R"([{"productId":101,"qty":"1"}])"), 400, "/items/0/qty"},
      {lines(R"([{"productId":-1,"qty":1}])"), 422, "/items/0/productId"},
  };
  return all;
}

std::string text(const detail::JsonValue& problem, const char* name) {
  const auto value = problem.member(name);
  return value ? value->string() : "";
}

TEST_F(BadInput, AnOrderThatCannotBeIsAnsweredWithTheMember) {
  auto order = start("order");
  for (const auto& bad : table()) {
    const auto answer = order.http.post("/orders", bad.body, {{"content-type", "application/json"}});
    EXPECT_EQ(answer.status, bad.status) << bad.body << " -> " << answer.body;
    EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json") << bad.body;
    const auto problem = detail::JsonValue::parse(answer.body);
    EXPECT_EQ(problem.at("status").integer(), bad.status) << bad.body;
    EXPECT_FALSE(text(problem, "detail").empty()) << bad.body;
    EXPECT_EQ(text(problem, "pointer"), bad.pointer) << bad.body << " -> " << answer.body;
  }
  EXPECT_EQ(order.http.get("/orders").body, R"({"orders":[],"next":null})");
  EXPECT_EQ(order.http.post("/orders", one_order("9999999999999999.99")).status, 201) << "the largest amount there is";
  EXPECT_EQ(member(order.http, "/orders/1", "totalAmount"), "9999999999999999.99");
}

TEST_F(BadInput, AnOverlongBodyIs413) {
  auto order = start("order", {"--http-max-body", "1KiB"});
  const auto answer = order.http.post("/orders", std::string(5000, ' ') + one_order());
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(order.http.post("/orders", one_order()).status, 201);
}

/// The largest event that the outbox takes is smaller than the largest body that HTTP may be told to take.
TEST_F(BadInput, MoreLinesThanAnOrderHasAreRefused) {
  auto order = start("order");
  std::string items = R"({"productId":101,"qty":1})";
  for (int i = 0; i < 1000; ++i) items += R"(,{"productId":101,"qty":1})";
  const auto answer = order.http.post("/orders", lines("[" + items + "]"));
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(text(detail::JsonValue::parse(answer.body), "pointer"), "/items");
}

TEST_F(BadInput, AnIdempotencyKeyIsForOneBody) {
  auto order = start("order");
  const auto first = order.http.post("/orders", one_order(), {{"idempotency-key", "a"}});
  const auto again = order.http.post("/orders", one_order(), {{"idempotency-key", "a"}});
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(first.body, again.body);
  EXPECT_EQ(first.headers.at("location"), again.headers.at("location"));
  const auto other = order.http.post("/orders", one_order("11.00"), {{"idempotency-key", "a"}});
  EXPECT_EQ(other.status, 422);
  const auto problem = detail::JsonValue::parse(other.body);
  EXPECT_EQ(text(problem, "parameter"), "Idempotency-Key");
  EXPECT_EQ(order.http.post("/orders", one_order(), {{"idempotency-key", ""}}).status, 400);
  EXPECT_EQ(order.http.post("/orders", one_order(), {{"idempotency-key", std::string(201, 'a')}}).status, 400);
  EXPECT_EQ(member(order.http, "/orders/1", "totalAmount"), "10.00");
  EXPECT_EQ(order.http.get("/orders/2").status, 404) << "one order was placed";
}

TEST_F(BadInput, TheSameKeyAtOnceIsOneOrder) {
  auto order = start("order");
  constexpr int many = 8;
  std::vector<std::string> answers(many);
  {
    std::vector<std::jthread> clients;
    clients.reserve(answers.size());
    for (auto& answer : answers)
      clients.emplace_back(
          [&] { answer = http::Client(order.url).post("/orders", one_order(), {{"idempotency-key", "a"}}).body; });
  }
  for (const auto& answer : answers) EXPECT_EQ(answer, R"({"id":1,"status":"pending"})");
}

TEST_F(BadInput, PagesAndPathsAreChecked) {
  auto order = start("order");
  for (const auto* target :
       {"/orders/x", "/orders/-1", "/orders/99999999999999999999", "/orders?after=x", "/orders?limit=0",
        "/orders?limit=1001", "/orders?after=-1", "/orders?after=9223372036854775808"}) {
    const auto answer = order.http.get(target);
    EXPECT_EQ(answer.status, 400) << target << answer.body;
    EXPECT_FALSE(text(detail::JsonValue::parse(answer.body), "parameter").empty()) << target << answer.body;
  }
  EXPECT_EQ(order.http.get("/orders?after=9223372036854775807").body, R"({"orders":[],"next":null})");
  EXPECT_EQ(order.http.get("/orders/9223372036854775807").status, 404);
}

TEST_F(BadInput, StockIsSetToWhatCanBe) {
  auto inventory = start("inventory");
  const struct {
    const char *target, *body;
    int status;
    const char* member;
  } cases[] = {
      {"/stock/101", R"({"onHand":-1})", 422, "/onHand"},
      {"/stock/101", R"({"onHand":"many"})", 400, "/onHand"},
      {"/stock/101", "{}", 400, "/onHand"},
      {"/stock/101", R"({"onHand":1000000000001})", 422, "/onHand"},
      {"/stock/none", R"({"onHand":1})", 400, "productId"},
  };
  for (const auto& c : cases) {
    const auto answer = inventory.http.put(c.target, c.body);
    EXPECT_EQ(answer.status, c.status) << c.body << answer.body;
    EXPECT_TRUE(has(answer.body, std::string("\"") + c.member + "\"")) << answer.body;
  }
  EXPECT_EQ(inventory.http.get("/stock").body, R"({"stock":[]})");
  auto payment = start("payment");
  EXPECT_EQ(payment.http.get("/payments/x").status, 400);
  EXPECT_EQ(payment.http.get("/payments/1").status, 404);
}

/// A foreign program at the bus: each is a dead letter with the pointer; a good order behind them goes through.
TEST_F(BadInput, G5_Isolation_ForeignEventsAreDeadLettersAndStopNothing) {
  declare_queues();
  auto order = start("order"), inventory = start("inventory"), payment = start("payment");
  ASSERT_EQ(inventory.http.put("/stock/101", R"({"onHand":10})").status, 200);
  const struct {
    std::string payload, pointer;
  } cases[] = {
      {R"({"orderId":"twelve"})", "/payload/orderId"},
      {R"({"orderId":1,"customerId":1,"totalAmount":"1.00","currency":"INR","items":[]})", "/payload/totalAmount"},
      {R"({"orderId":1,"customerId":1,"totalAmount":1.00,"currency":"INR","items":[{"productId":1}]})",
       "/payload/items/0/qty"},
  };
  std::vector<EventId> ids;
  for (const auto& c : cases) {
    ids.push_back(EventId::generate());
    send(url("bus.db"), ids.back(), "order.created.v1", envelope_of(ids.back(), "order.created.v1", c.payload));
  }
  send(url("bus.db"), EventId::of_body("no JSON"), "order.created.v1", "no JSON");
  ASSERT_EQ(order.http.post("/orders", one_order()).status, 201);
  EXPECT_TRUE(eventually([&] { return member(order.http, "/orders/1", "status") == "\"confirmed\""; }))
      << order.http.get("/orders/1").body;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_TRUE(eventually([&] { return fate_of(url("inventory.db"), "inventory", ids[i]) == "dead"; }));
    const auto shown = on("inventory", {"--json", "dlq", "show", ids[i].to_string()});
    EXPECT_EQ(shown.code, 0) << shown.err;
    const auto letter = detail::JsonValue::parse(shown.out).elements().at(0);
    EXPECT_EQ(letter.at("reason").string(), "invalid");
    EXPECT_TRUE(has(letter.at("error").string(), cases[i].pointer)) << letter.raw();
  }
  EXPECT_TRUE(eventually(
      [&] { return detail::JsonValue::parse(on("payment", {"--json", "dlq", "list"}).out).elements().size() == 4; }));
  EXPECT_EQ(on_hand(inventory.http, 101), 9);
}

TEST_F(BadInput, AnOutcomeOfAnUnknownOrderIsTold) {
  auto order = start("order");
  const auto id = EventId::generate();
  send(url("bus.db"), id, "stock.rejected.v1",
       envelope_of(id, "stock.rejected.v1", R"({"orderId":4711,"reason":"out of stock"})"), "order.outcomes.q");
  EXPECT_TRUE(eventually([&] { return fate_of(url("order.db"), "order", id) == "handled"; }));
  const auto log = contents(file("order.log"));
  EXPECT_TRUE(has(log, "an outcome of an order that is not here")) << log;
  EXPECT_TRUE(has(log, R"("order":"4711")") && has(log, R"("event_id":")" + id.to_string())) << log;
}

TEST_F(BadInput, AnUnknownProductIsAnOutcome) {
  declare_queues();
  auto order = start("order"), inventory = start("inventory"), payment = start("payment");
  ASSERT_EQ(order.http.post("/orders", one_order("10.00", 4711)).status, 201);
  EXPECT_TRUE(eventually([&] { return member(order.http, "/orders/1", "status") == "\"cancelled\""; }));
  EXPECT_EQ(member(order.http, "/orders/1", "reason"), "\"stock: unknown product 4711\"");
  EXPECT_TRUE(eventually([&] { return member(payment.http, "/payments/1", "status") == "\"refunded\""; }))
      << payment.http.get("/payments/1").body;
}

}  // namespace
}  // namespace holdfast::program_test

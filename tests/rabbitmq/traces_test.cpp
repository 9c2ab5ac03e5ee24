// One trace of an order, from the POST to `confirmed`, through a broker that was away and a payment that failed twice, as a real
// OpenTelemetry Collector gets it. `tests/traces/print` shows it as a tree.
#include "demo/servers/rabbit.hpp"
#include "integration/service/programs.hpp"
#include "traces/collector.hpp"

namespace holdfast::program_test {
namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", client = "00f067aa0ba902b7";

struct Traces : Programs {
  void SetUp() override {
    if (traces_test::Collector::program().empty())
      GTEST_SKIP() << "no OpenTelemetry Collector: `./dev test` builds one, or HOLDFAST_OTELCOL names it";
  }
  std::string tree(const traces_test::Collector& collector) const {
    demo::Process print(
        {HOLDFAST_SOURCE_DIR "/tests/traces/print", {collector.file(), trace, "--names"}, {}, file("print.log")});
    auto out = rest_of(print);
    EXPECT_EQ(print.wait(), 0) << contents(file("print.log"));
    return out;
  }
};

/// What an order's trace is; who of the two outcomes came second publishes the confirmation.
std::string expected(bool stock_last) {
  const std::string confirmed =
      "          create orders.exchange:order.confirmed.v1 (order-service)\n"
      "            send orders.exchange:order.confirmed.v1 (order-service)\n";
  return trace +
         "\n"
         "POST /orders (order-service)\n"
         "  create orders.exchange:order.created.v1 (order-service)\n"
         "    process orders.exchange:order.created.v1:inventory.order-created.q (inventory-service)\n"
         "      create orders.exchange:stock.reserved.v1 (inventory-service)\n"
         "        process orders.exchange:stock.reserved.v1:order.outcomes.q (order-service)\n" +
         (stock_last ? confirmed : "") +
         "        send orders.exchange:stock.reserved.v1 (inventory-service)\n"
         "    process orders.exchange:order.created.v1:payment.order-created.q (payment-service) ERROR failed\n"
         "    process orders.exchange:order.created.v1:payment.order-created.q (payment-service) attempt 2 ERROR "
         "failed\n"
         "    process orders.exchange:order.created.v1:payment.order-created.q (payment-service) attempt 3\n"
         "      create orders.exchange:payment.charged.v1 (payment-service)\n"
         "        process orders.exchange:payment.charged.v1:order.outcomes.q (order-service)\n" +
         (stock_last ? "" : confirmed) +
         "        send orders.exchange:payment.charged.v1 (payment-service)\n"
         "    send orders.exchange:order.created.v1 (order-service)\n"
         "    send payment.order-created.retry.1s.q (payment-service)\n"
         "    send payment.order-created.retry.5s.q (payment-service)\n";
}

TEST_F(Traces, OfAnOrderIsOneThroughAnOutageAndRetries) {
  servers::Rabbit broker;
  traces_test::Collector collector(folder);
  const Words more{"--broker-url", broker.url(), "--trace-endpoint", collector.url()};
  auto order = start("order", more), inventory = start("inventory", more), payment = start("payment", more);
  ASSERT_EQ(inventory.http.put("/stock/101", R"({"onHand":10})").status, 200);
  broker.stop(SIGTERM);
  const auto placed =
      order.http.post("/orders", one_order("10.07"), {{"traceparent", "00-" + trace + "-" + client + "-01"}});
  ASSERT_EQ(placed.status, 201);
  broker.start();
  broker.await();
  ASSERT_TRUE(collector.has("send orders.exchange:order.confirmed.v1", 1)) << contents(file("otelcol.log"));
  for (auto* service : {&order, &inventory, &payment}) EXPECT_EQ(service->stop(), 0);  // sends what is left
  const auto seen = tree(collector);
  EXPECT_TRUE(seen == expected(false) || seen == expected(true)) << seen;
  const auto all = contents(collector.file());
  EXPECT_TRUE(has(all, R"("parentSpanId":")" + client)) << "the client's span is the parent of the request's";
}

}  // namespace
}  // namespace holdfast::program_test

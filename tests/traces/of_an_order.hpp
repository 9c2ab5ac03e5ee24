// One trace of an order, from the POST to `confirmed`, through a broker that was away and a payment that failed twice, as a real
// OpenTelemetry Collector gets it. `tests/traces/print` shows it as a tree.
#pragma once
#include "integration/service/programs.hpp"
#include "traces/collector.hpp"

namespace holdfast::traces_test {

using program_test::contents;

class OfAnOrder : public program_test::Programs {
 protected:
  struct Names {  // of destinations
    std::function<std::string(const std::string& type)> sent;
    std::function<std::string(const std::string& type, const std::string& queue)> processed;
    std::string retries = {};  // lines of them, where they go by the broker
  };

  void SetUp() override {
    if (Collector::program().empty())
      GTEST_SKIP() << "no OpenTelemetry Collector: `./dev test` builds one, or HOLDFAST_OTELCOL names it";
  }

  void expect_one_trace(const std::string& broker, const std::function<void()>& stop,
                        const std::function<void()>& start_again, const Names& names) const {
    Collector collector(folder);
    const program_test::Words more{"--broker-url", broker, "--trace-endpoint", collector.url()};
    auto order = start("order", more), inventory = start("inventory", more), payment = start("payment", more);
    ASSERT_EQ(inventory.http.put("/stock/101", R"({"onHand":10})").status, 200);
    stop();
    const auto placed = order.http.post("/orders", program_test::one_order("10.07"),
                                        {{"traceparent", "00-" + trace + "-" + client + "-01"}});
    ASSERT_EQ(placed.status, 201);
    start_again();
    ASSERT_TRUE(collector.has("send " + names.sent("order.confirmed.v1"), 1)) << contents(file("otelcol.log"));
    for (auto* service : {&order, &inventory, &payment}) EXPECT_EQ(service->stop(), 0);  // sends what is left
    const auto seen = tree(collector);
    EXPECT_TRUE(seen == expected(names, false) || seen == expected(names, true)) << seen << expected(names, true);
    EXPECT_TRUE(program_test::has(contents(collector.file()), R"("parentSpanId":")" + client))
        << "the client's span is the parent of the request's";
  }

 private:
  static inline const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", client = "00f067aa0ba902b7";

  std::string tree(const Collector& collector) const {
    demo::Process print(
        {HOLDFAST_SOURCE_DIR "/tests/traces/print", {collector.file(), trace, "--names"}, {}, file("print.log")});
    auto out = program_test::rest_of(print);
    EXPECT_EQ(print.wait(), 0) << contents(file("print.log"));
    return out;
  }

  /// What an order's trace is; who of the two outcomes came second publishes the confirmation.
  static std::string expected(const Names& names, bool stock_last) {
    const auto create = [&](const std::string& type) { return "create " + names.sent(type); };
    const auto send = [&](const std::string& type) { return "send " + names.sent(type); };
    const auto process = [&](const std::string& type, const std::string& queue) {
      return "process " + names.processed(type, queue);
    };
    const std::string order = " (order-service)\n", inventory = " (inventory-service)\n",
                      payment = " (payment-service)";
    const std::string confirmed =
        "          " + create("order.confirmed.v1") + order + "            " + send("order.confirmed.v1") + order;
    const auto charge = "    " + process("order.created.v1", "payment.order-created.q") + payment;
    return trace + "\nPOST /orders" + order + "  " + create("order.created.v1") + order + "    " +
           process("order.created.v1", "inventory.order-created.q") + inventory + "      " +
           create("stock.reserved.v1") + inventory + "        " + process("stock.reserved.v1", "order.outcomes.q") +
           order + (stock_last ? confirmed : "") + "        " + send("stock.reserved.v1") + inventory + charge +
           " ERROR failed\n" + charge + " attempt 2 ERROR failed\n" + charge + " attempt 3\n" + "      " +
           create("payment.charged.v1") + payment + "\n        " + process("payment.charged.v1", "order.outcomes.q") +
           order + (stock_last ? "" : confirmed) + "        " + send("payment.charged.v1") + payment + "\n    " +
           send("order.created.v1") + order + names.retries;
  }
};

}  // namespace holdfast::traces_test

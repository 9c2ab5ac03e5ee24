// What the three services send to a collector, over the bus in a file: one trace for an order. And what becomes of them without one.
#include <algorithm>
#include <mutex>

#include "holdfast/http.hpp"
#include "integration/service/programs.hpp"
#include "unit/telemetry/otlp_reader.hpp"

namespace holdfast::program_test {
namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const Headers in_trace{{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}};

struct TracedServices : Programs {
  TracedServices() : collector({.listen = "127.0.0.1:0", .max_body = 16 << 20}) {
    collector.on("POST", "/v1/traces", [this](const http::Request& request) {
      const std::lock_guard lock(mutex);
      for (auto& span : telemetry::read_otlp(request.body).spans) spans.push_back(std::move(span));
      return http::Response{};
    });
    collector.start();
  }
  /// How many spans of this name are in the order's trace.
  std::ptrdiff_t count(const std::string& name) {
    const std::lock_guard lock(mutex);
    return std::ranges::count_if(spans, [&](const auto& span) { return span.name == name && span.trace == trace; });
  }
  std::mutex mutex;
  std::vector<telemetry::ReadSpan> spans;
  http::Server collector;
};

TEST_F(TracedServices, AnOrderIsOneTraceFromThePostToConfirmed) {
  declare_queues();
  const Words more{"--trace-endpoint", collector.url()};
  auto order = start("order", more), inventory = start("inventory", more), payment = start("payment", more);
  ASSERT_EQ(inventory.http.put("/stock/101", R"({"onHand":10})").status, 200);
  ASSERT_EQ(order.http.post("/orders", one_order(), in_trace).status, 201);
  EXPECT_TRUE(eventually([&] { return count("send order.confirmed.v1") == 1; }));
  for (auto* service : {&order, &inventory, &payment}) EXPECT_EQ(service->stop(), 0);
  for (const auto* name : {"POST /orders", "create order.created.v1", "send order.created.v1",
                           "process inventory.order-created.q", "process payment.order-created.q",
                           "create stock.reserved.v1", "create payment.charged.v1", "create order.confirmed.v1"})
    EXPECT_EQ(count(name), 1) << name;
  EXPECT_EQ(count("process order.outcomes.q"), 2);
  EXPECT_EQ(count("GET /health/ready"), 0);
}

TEST_F(TracedServices, WithoutTheirCollectorTheyServeAllTheSameAndStopInTime) {
  const auto gone = collector.url();
  collector.stop();
  auto order = start("order", {"--trace-endpoint", gone, "--log-format", "json"});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(order.http.post("/orders", one_order(), in_trace).status, 201);
  EXPECT_TRUE(has(order.http.get("/metrics").body, "holdfast_spans_dropped_total"));
  EXPECT_EQ(order.stop(), 0);
  EXPECT_TRUE(has(contents(file("order.log")), "the trace collector is away; spans wait"));
}

}  // namespace
}  // namespace holdfast::program_test

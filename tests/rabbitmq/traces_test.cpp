// One trace of an order on RabbitMQ, where retries go by the broker.
#include "demo/servers/rabbit.hpp"
#include "traces/of_an_order.hpp"

namespace holdfast::rabbit_test {
namespace {

struct Traces : traces_test::OfAnOrder {};

TEST_F(Traces, OfAnOrderIsOneThroughAnOutageAndRetries) {
  servers::Rabbit broker;
  expect_one_trace(
      broker.url(), [&] { broker.stop(SIGTERM); }, [&] { broker.start(), broker.await(); },
      {.sent = [](const std::string& type) { return "orders.exchange:" + type; },
       .processed = [](const std::string& type,
                       const std::string& queue) { return "orders.exchange:" + type + ":" + queue; },
       .retries = "    send payment.order-created.retry.1s.q (payment-service)\n"
                  "    send payment.order-created.retry.5s.q (payment-service)\n"});
}

}  // namespace
}  // namespace holdfast::rabbit_test

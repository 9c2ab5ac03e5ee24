// One trace of an order on Kafka, where retries wait in the database.
#include "demo/servers/kafka.hpp"
#include "traces/of_an_order.hpp"

namespace holdfast::kafka_test {
namespace {

struct KafkaTraces : traces_test::OfAnOrder {};

TEST_F(KafkaTraces, OfAnOrderIsOneThroughAnOutageAndRetries) {
  servers::Kafka broker;
  expect_one_trace(
      broker.url(), [&] { broker.stop(SIGTERM); }, [&] { broker.start(), broker.await(); },
      {.sent = [](const std::string& type) { return type; },
       .processed = [](const std::string& type, const std::string&) { return type; }});
}

}  // namespace
}  // namespace holdfast::kafka_test

// G1 to G3 on PostgreSQL and Kafka: the three services, real orders, everything killed once in the middle.
#include "postgres/shop.hpp"
#include "kafka/fixture.hpp"

namespace holdfast::kafka_test {
namespace {

struct KafkaShop : pg_test::Shop {};

TEST_F(KafkaShop, TheBooksAgreeWhateverIsKilled) {
  servers::Kafka own;
  broker = own.url();
  start_all();
  expect_to_survive({[this] { kill(inventory); },
                     [&] {
                       own.stop(SIGKILL);
                       own.start(), own.await();
                     },
                     [this] { kill(payment); }, [this] { kill(order); },
                     [] {
                       pg_test::server().stop(SIGKILL);
                       pg_test::server().start();
                     }});
}

}  // namespace
}  // namespace holdfast::kafka_test

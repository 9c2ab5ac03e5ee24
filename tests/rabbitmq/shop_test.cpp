// G1 to G3 on PostgreSQL and RabbitMQ: the three services, real orders, everything killed once in the middle.
#include "postgres/shop.hpp"
#include "rabbitmq_server/brokers.hpp"

namespace holdfast::rabbit_test {
namespace {

struct RabbitShop : pg_test::Shop {
  ~RabbitShop() override {
    if (!server().running()) server().start();
  }
  const Vhost vhost;
};

TEST_F(RabbitShop, TheBooksAgreeWhateverIsKilled) {
  broker = vhost.url();
  start_all();
  server().settle_new_queues();
  const auto kill_server = [](auto& one) {
    one.stop(SIGKILL);
    one.start();
  };
  expect_to_survive({[this] { kill(inventory); }, [&] { kill_server(server()); }, [this] { kill(payment); },
                     [this] { kill(order); }, [&] { kill_server(pg_test::server()); }});
}

}  // namespace
}  // namespace holdfast::rabbit_test

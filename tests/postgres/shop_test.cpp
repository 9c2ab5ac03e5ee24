// G1 to G3 on PostgreSQL: the three services, real orders, everything killed once in the middle.
#include "postgres/shop.hpp"

namespace holdfast::pg_test {
namespace {

struct PostgresShop : Shop {};

TEST_F(PostgresShop, TheBooksAgreeWhateverIsKilled) {
  declare_queues();
  start_all();
  expect_to_survive({[this] { kill(inventory); }, [this] { kill(payment); }, [this] { kill(order); },
                     [] {
                       server().stop(SIGKILL);
                       server().start();
                     }});
}

}  // namespace
}  // namespace holdfast::pg_test

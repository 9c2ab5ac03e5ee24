// Programs of one name that start at once: each has a name of its own.
#include <gtest/gtest.h>

#include <barrier>
#include <thread>

#include "holdfast/postgres.hpp"
#include "ports/store_base.hpp"
#include "postgres_server/databases.hpp"

namespace holdfast::pg_test {
namespace {

TEST(PostgresInstances, ThatStartAtOnceTakeDifferentNames) {
  constexpr int programs = 8;
  const Database database;
  std::barrier connected(programs);
  std::vector<std::jthread> threads;
  threads.reserve(programs);
  for (int i = 0; i < programs; ++i)
    threads.emplace_back([&, i] {
      const Store store = postgres::open({.url = database.url(), .acquire_timeout = patience});
      store.impl()->require_writable();
      connected.arrive_and_wait();
      store.impl()->inbox("c")->open_instance(
          {.name = "a", .owner = "elsewhere/" + std::to_string(i) + "/1", .queue = "q"});
    });
  threads.clear();
  EXPECT_EQ(database.sql("SELECT count(DISTINCT owner) FROM holdfast.consumers"), std::to_string(programs));
}

}  // namespace
}  // namespace holdfast::pg_test

// Enough of the library to need its link line: money, a database, Holdfast's tables in it.
#include <holdfast/connect.hpp>
#include <holdfast/holdfast.hpp>
#include <holdfast/rabbitmq.hpp>
#include <iostream>

int main() {
  holdfast::Store store = holdfast::open_store("sqlite:consumer.db");
  store.migrate();
  const auto rows = store.transact(
      [](holdfast::Transaction& tx) { return tx.query<std::int64_t>("SELECT count(*) FROM holdfast_outbox").one(); });
  std::cout << "pending: " << rows << "\n";
  const holdfast::Transport broker =
      holdfast::rabbitmq::open({.url = "amqp://app@localhost/shop"});  // connects to nobody yet
  return rows == 0 ? 0 : 1;
}

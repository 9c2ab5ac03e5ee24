// Your code owns the connection and the transaction; Holdfast joins it.
// DATABASE_URL=postgres://... BROKER_URL=amqp://... example_4_own_transaction; `holdfast relay` runs beside it and sends.
#include <holdfast/holdfast.hpp>
#include <holdfast/postgres.hpp>
#include <holdfast/rabbitmq.hpp>
#include <holdfast/sqlite.hpp>
#if __has_include(<pqxx/pqxx>)
#include <holdfast/pqxx.hpp>
#include <pqxx/pqxx>
#endif
#include <libpq-fe.h>
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "contracts.hpp"

static const OrderCreated order{12045, 77, holdfast::Money::from_units(149900), "INR", {{101, 1}}};

static const char* setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}
static const std::string database = setting("DATABASE_URL", "postgres://shop@localhost/shop");
static const std::string broker = setting("BROKER_URL", "amqp://shop@localhost");

// No Host is needed to produce.
static void with_libpq(PGconn* connection, holdfast::Outbox& outbox) {
  PQclear(PQexec(connection, "BEGIN"));
  PQclear(PQexec(connection, "UPDATE orders SET state = 'placed' WHERE id = 12045"));
  outbox.publish(holdfast::enlist(connection), order);
  PQclear(PQexec(connection, "COMMIT"));
}

[[maybe_unused]] static void with_sqlite(sqlite3* connection, holdfast::Outbox& outbox) {
  sqlite3_exec(connection, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
  outbox.publish(holdfast::enlist(connection), order);
  sqlite3_exec(connection, "COMMIT", nullptr, nullptr, nullptr);
}

#if __has_include(<pqxx/pqxx>)
[[maybe_unused]] static void with_libpqxx(pqxx::connection& connection, holdfast::Outbox& outbox) {
  pqxx::work tx{connection};
  tx.exec("UPDATE orders SET state = 'placed' WHERE id = 12045");
  outbox.publish(holdfast::enlist(tx), order);
  tx.commit();
}
#endif

// A consumer whose effects are in your own transaction: claim() writes the inbox row there.
static void take_stock(holdfast::Delivery& delivery, const OrderCreated& event, holdfast::Outbox& outbox) {
  thread_local const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(database.c_str()), PQfinish);
  const auto run = [&](const std::string& sql) { PQclear(PQexec(connection.get(), sql.c_str())); };
  run("BEGIN");
  if (!delivery.claim(holdfast::enlist(connection.get()))) return run("ROLLBACK");
  run("UPDATE stock SET on_hand = on_hand - 1 WHERE product = " + std::to_string(event.items.at(0).productId));
  outbox.publish(holdfast::enlist(connection.get()), StockReserved{event.orderId},
                 holdfast::caused_by(delivery.info()));
  run("COMMIT");  // where it fails the event is not handled, and comes again
}

int main() {
  holdfast::Outbox outbox("legacy-shop");
  PGconn* connection = PQconnectdb(database.c_str());
  with_libpq(connection, outbox);
  PQfinish(connection);

  // To consume: a Host from the adapters you chose; only these two are linked.
  holdfast::Host host({.name = "legacy-shop",
                       .store = holdfast::postgres::open({.url = database}),
                       .transport = holdfast::rabbitmq::open({.url = broker}),
                       .relay = holdfast::Relay::elsewhere,
                       .on_dead_letter = [](const holdfast::DeadLetter& dead) { std::puts(dead.error.c_str()); }});
  host.subscribe({.consumer = "inventory"}, [&outbox](holdfast::Delivery& delivery, const OrderCreated& event) {
    take_stock(delivery, event, outbox);
  });
  host.run();
}

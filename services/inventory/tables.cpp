#include "inventory/tables.hpp"

namespace shop::inventory {

// A reservation's state: reserved, rejected, released (reserved, then cancelled), cancelled (the tombstone of an order
// whose cancellation came first).
void create_tables(holdfast::Store& store) {
  store.transact([](holdfast::Transaction& tx) {
    tx.exec(
        "CREATE TABLE IF NOT EXISTS stock(product_id INTEGER PRIMARY KEY, on_hand INTEGER NOT NULL CHECK (on_hand >= "
        "0))");
    tx.exec(
        "CREATE TABLE IF NOT EXISTS reservations(order_id INTEGER PRIMARY KEY, state TEXT NOT NULL, items TEXT NOT "
        "NULL)");
  });
}

}  // namespace shop::inventory

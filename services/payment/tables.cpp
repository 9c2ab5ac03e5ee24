#include "payment/tables.hpp"

namespace shop::payment {

// status: charged, declined, refunded, cancelled (the tombstone of an order whose cancellation came first).
void create_tables(holdfast::Store& store) {
  store.transact([](holdfast::Transaction& tx) {
    tx.exec(
        "CREATE TABLE IF NOT EXISTS payments(order_id INTEGER PRIMARY KEY, status TEXT NOT NULL, amount TEXT NOT NULL,"
        " currency TEXT NOT NULL, charge_key TEXT NOT NULL)");
  });
}

}  // namespace shop::payment

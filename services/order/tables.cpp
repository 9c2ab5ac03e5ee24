#include "order/tables.hpp"

namespace shop::order {

void create_tables(holdfast::Store& store) {
  store.transact([](holdfast::Transaction& tx) {
    tx.exec(
        "CREATE TABLE IF NOT EXISTS orders(id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER NOT NULL,"
        " total_amount TEXT NOT NULL, currency TEXT NOT NULL, items TEXT NOT NULL, status TEXT NOT NULL DEFAULT "
        "'pending',"
        " stock TEXT, payment TEXT, reason TEXT)");
    tx.exec(
        "CREATE TABLE IF NOT EXISTS answers(idempotency_key TEXT PRIMARY KEY, body TEXT NOT NULL,"
        " order_id INTEGER NOT NULL) WITHOUT ROWID");
    tx.exec(
        "CREATE TABLE IF NOT EXISTS unknown_orders(type TEXT PRIMARY KEY, outcomes INTEGER NOT NULL) WITHOUT ROWID");
  });
}

}  // namespace shop::order

#include "payment/tables.hpp"

#include "contracts/tables.hpp"

namespace shop::payment {

namespace {

// status: charged, declined, refunded, cancelled (the tombstone of an order whose cancellation came first).
constexpr const char* sqlite[] = {
    "CREATE TABLE IF NOT EXISTS payments(order_id INTEGER PRIMARY KEY, status TEXT NOT NULL, amount TEXT NOT NULL,"
    " currency TEXT NOT NULL, charge_key TEXT NOT NULL)"};

constexpr const char* postgres[] = {
    "CREATE TABLE IF NOT EXISTS payments(order_id bigint PRIMARY KEY, status text NOT NULL, amount numeric(18,2) NOT "
    "NULL,"
    " currency text NOT NULL, charge_key text NOT NULL)"};

}  // namespace

void create_tables(holdfast::Store& store) { make_tables(store, "payments", sqlite, postgres); }

}  // namespace shop::payment

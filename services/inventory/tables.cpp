#include "inventory/tables.hpp"

#include "contracts/tables.hpp"

namespace shop::inventory {

namespace {

// A reservation's state: reserved, rejected, released (reserved, then cancelled), cancelled (the tombstone of an order
// whose cancellation came first).
constexpr const char* sqlite[] = {
    "CREATE TABLE IF NOT EXISTS stock(product_id INTEGER PRIMARY KEY, on_hand INTEGER NOT NULL CHECK (on_hand >= 0))",
    "CREATE TABLE IF NOT EXISTS reservations(order_id INTEGER PRIMARY KEY, state TEXT NOT NULL, items TEXT NOT NULL)"};

constexpr const char* postgres[] = {
    "CREATE TABLE IF NOT EXISTS stock(product_id bigint PRIMARY KEY, on_hand bigint NOT NULL CHECK (on_hand >= 0))",
    "CREATE TABLE IF NOT EXISTS reservations(order_id bigint PRIMARY KEY, state text NOT NULL, items json NOT NULL)"};

}  // namespace

void create_tables(holdfast::Store& store) { make_tables(store, "reservations", sqlite, postgres); }

}  // namespace shop::inventory

#include "order/tables.hpp"

#include "contracts/tables.hpp"

namespace shop::order {

namespace {

constexpr const char* sqlite[] = {
    "CREATE TABLE IF NOT EXISTS orders(id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER NOT NULL,"
    " total_amount TEXT NOT NULL, currency TEXT NOT NULL, items TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'pending',"
    " stock TEXT, payment TEXT, reason TEXT)",
    "CREATE TABLE IF NOT EXISTS idempotency_keys(idempotency_key TEXT PRIMARY KEY, body TEXT NOT NULL,"
    " order_id INTEGER NOT NULL, answered_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS idempotency_keys_by_age ON idempotency_keys(answered_at)",
    "CREATE TABLE IF NOT EXISTS unknown_orders(type TEXT PRIMARY KEY, outcomes INTEGER NOT NULL) WITHOUT ROWID"};

constexpr const char* postgres[] = {
    "CREATE TABLE IF NOT EXISTS orders(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL,"
    " total_amount numeric(18,2) NOT NULL, currency text NOT NULL, items json NOT NULL,"
    " status text NOT NULL DEFAULT 'pending', stock text, payment text, reason text)",
    "CREATE TABLE IF NOT EXISTS idempotency_keys(idempotency_key text PRIMARY KEY, body text NOT NULL,"
    " order_id bigint NOT NULL, answered_at timestamptz NOT NULL DEFAULT now())",
    "CREATE INDEX IF NOT EXISTS idempotency_keys_by_age ON idempotency_keys(answered_at)",
    "CREATE TABLE IF NOT EXISTS unknown_orders(type text PRIMARY KEY, outcomes bigint NOT NULL)"};

}  // namespace

void create_tables(holdfast::Store& store) { make_tables(store, "unknown_orders", sqlite, postgres); }

}  // namespace shop::order

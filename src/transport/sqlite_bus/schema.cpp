#include "transport/sqlite_bus/schema.hpp"

#include <sqlite3.h>

#include "sql/sqlite/errors.hpp"

namespace holdfast::transport::sqlite_bus {
namespace {

constexpr std::int64_t application = 0x48664275;  // "HfBu"
constexpr std::int64_t version = 1;

constexpr const char* tables = R"(
PRAGMA application_id = 0x48664275;
PRAGMA user_version = 1;

CREATE TABLE queues(
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  by_key     INTEGER NOT NULL,              -- 1: one receiver at a time
  patterns   TEXT NOT NULL,                 -- JSON: all that were ever declared; a binding that is missing was removed
  handed_out INTEGER NOT NULL DEFAULT 0,    -- the highest position that a receiver ever got
  receiver   INTEGER);                      -- by_key: who has the queue

CREATE TABLE bindings(
  pattern TEXT NOT NULL,
  queue   INTEGER NOT NULL REFERENCES queues(id),
  PRIMARY KEY(pattern, queue)) WITHOUT ROWID;

CREATE TABLE events(                        -- until they are acknowledged
  position     INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: the order of commits, and what an ack names
  queue        INTEGER NOT NULL REFERENCES queues(id),
  message_id   TEXT NOT NULL,
  type         TEXT NOT NULL,
  headers      TEXT NOT NULL DEFAULT '{}',  -- JSON, texts by name
  published_at INTEGER NOT NULL,            -- ms since 1970
  body         BLOB NOT NULL);
CREATE INDEX events_of_queue ON events(queue);  -- and by position within it

CREATE TABLE receivers(                     -- a living one holds an OS lock on byte `id` of the file FILE-receivers
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  queue    INTEGER NOT NULL REFERENCES queues(id),
  instance TEXT NOT NULL,
  until    INTEGER NOT NULL);               -- ms since 1970; then it hangs and its leases are free

CREATE TABLE leases(                        -- not by_key: each event that was handed out
  queue    INTEGER NOT NULL,
  position INTEGER NOT NULL,
  receiver INTEGER,                         -- NULL: given back
  PRIMARY KEY(queue, position)) WITHOUT ROWID;
CREATE INDEX leases_given_back ON leases(queue, position) WHERE receiver IS NULL;
)";

std::int64_t ask(sqlite::Connection& connection, std::string_view sql) {
  return std::get<std::int64_t>(connection.execute(sql, {}).rows.at(0).at(0).value);
}

/// true: the tables are there. Invalid where they never should be.
bool is_ready(sqlite::Connection& connection, const std::string& file) {
  const auto owner = ask(connection, "PRAGMA application_id"), found = ask(connection, "PRAGMA user_version");
  if (owner == application && found <= version) return true;
  if (owner == application)
    throw Invalid(file,
                  "the bus was made by a newer Holdfast; start the newer program, or give another file as broker.url");
  if (owner != 0 || ask(connection, "SELECT count(*) FROM sqlite_schema") != 0)
    throw Invalid(file, "this SQLite file is not a Holdfast bus and is left as it is; give another file as broker.url");
  return false;
}

void create(sqlite::Connection& connection, const std::string& file) {
  connection.begin("BEGIN IMMEDIATE");
  const bool made_meanwhile = is_ready(connection, file);
  if (!made_meanwhile && sqlite3_exec(connection.native(), tables, nullptr, nullptr, nullptr) != SQLITE_OK)
    sqlite::fail_open(connection.native(), file);
  connection.commit();
}

/// What is no SQLite file will not become a bus by itself.
std::unique_ptr<sqlite::Connection> open(const std::string& file, const Settings& settings) {
  try {
    return std::make_unique<sqlite::Connection>(file, settings.busy_timeout);
  } catch (const sqlite::NotADatabase&) {
    throw Invalid(file, "this file is not a Holdfast bus and is left as it is; give another file as broker.url");
  }
}

}  // namespace

std::unique_ptr<sqlite::Connection> connect(const std::string& file, const Settings& settings, BusyWait& busy) {
  auto connection = open(file, settings);
  busy.serve(connection->native());
  connection->begin("BEGIN");  // one view of the file: another process may be creating it
  const bool ready = is_ready(*connection, file);
  connection->commit();
  if (!ready) create(*connection, file);
  return connection;
}

}  // namespace holdfast::transport::sqlite_bus

#include "bench/bare.hpp"

#include <sqlite3.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace holdfast::bench {
namespace {

constexpr int relay_batch = 1000, consumer_batch = 64;  // the defaults of relay and consumer

class File {
 public:
  explicit File(const std::filesystem::path& path) {
    if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) throw std::runtime_error("cannot open " + path.string());
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
  }
  ~File() { sqlite3_close(db_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void run(const std::string& sql) {
    char* error = nullptr;
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK)
      throw std::runtime_error(sql + ": " + error);
  }
  sqlite3* db() { return db_; }

 private:
  sqlite3* db_ = nullptr;
};

class Statement {
 public:
  Statement(File& file, const char* sql) {
    if (sqlite3_prepare_v3(file.db(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(file.db()));
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& bind(int at, std::int64_t value) { return sqlite3_bind_int64(statement_, at, value), *this; }
  Statement& bind(int at, const std::string& value) {
    return sqlite3_bind_text(statement_, at, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT), *this;
  }
  bool step() { return sqlite3_step(statement_) == SQLITE_ROW; }
  void once() { step(), sqlite3_reset(statement_); }
  void reset() { sqlite3_reset(statement_); }
  std::int64_t integer(int column) { return sqlite3_column_int64(statement_, column); }
  std::string text(int column) {
    return {reinterpret_cast<const char*>(sqlite3_column_text(statement_, column)),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

std::string id_of(std::int64_t n) {
  char id[33];
  std::snprintf(id, sizeof id, "%032llx", static_cast<unsigned long long>(n) * 2654435761ULL);
  return id;
}

constexpr auto outbox_table =
    "(seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, key TEXT, type TEXT, occurred_at INTEGER, envelope BLOB, headers "
    "TEXT)";

void fill(File& outbox, int events) {
  const std::string envelope(620, 'x'), headers(120, 'h');  // about what an event of the bench weighs
  Statement insert(
      outbox,
      "INSERT INTO outbox(id, key, type, occurred_at, envelope, headers) VALUES (?, ?, 'bench.measured.v1', ?, ?, ?)");
  outbox.run("BEGIN IMMEDIATE");
  for (int i = 0; i < events; ++i)
    insert.bind(1, id_of(i)).bind(2, std::to_string(i % 1000)).bind(3, i).bind(4, envelope).bind(5, headers).once();
  outbox.run("COMMIT");
}

/// One relay batch: read, insert into the queue, move to the published ones (a commit that need not be synced).
bool relay(File& outbox, File& bus) {
  static thread_local std::int64_t last = 0;
  Statement read(outbox, "SELECT seq, id, key, envelope, headers FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?");
  Statement insert(bus, "INSERT INTO events(id, key, envelope, headers) VALUES (?, ?, ?, ?)");
  bus.run("BEGIN IMMEDIATE");
  int n = 0;
  std::int64_t first = last + 1;
  for (read.bind(1, last).bind(2, relay_batch); read.step(); ++n, last = read.integer(0))
    insert.bind(1, read.text(1)).bind(2, read.text(2)).bind(3, read.text(3)).bind(4, read.text(4)).once();
  read.reset();
  bus.run("COMMIT");
  outbox.run("PRAGMA synchronous=NORMAL");
  outbox.run("BEGIN IMMEDIATE");
  const auto span = " WHERE seq BETWEEN " + std::to_string(first) + " AND " + std::to_string(last);
  outbox.run("INSERT INTO published SELECT *, 1 FROM outbox" + span);
  outbox.run("DELETE FROM outbox" + span);
  outbox.run("COMMIT");
  if (n == 0) last = 0;
  return n > 0;
}

/// One consumer batch: read, inbox rows and effects in one commit, delete from the queue in another.
bool consume(File& bus, File& inbox) {
  static thread_local std::int64_t number = 0;
  Statement read(bus, "SELECT position, id, key, envelope, headers FROM events ORDER BY position LIMIT ?");
  Statement row(inbox,
                "INSERT INTO inbox(event_id, state, copy, event_at, body_hash, settled_at) VALUES (?, 'handled', 0, 1, "
                "?, 1) ON CONFLICT DO NOTHING");
  Statement effect(inbox, "INSERT INTO effects(number, amount) VALUES (?, 1)");
  inbox.run("BEGIN IMMEDIATE");
  const std::string hash(16, 'b');
  std::int64_t last = 0, n = 0;
  for (read.bind(1, consumer_batch); read.step(); ++n, last = read.integer(0))
    row.bind(1, read.text(1)).bind(2, hash).once(), effect.bind(1, number++).once();
  read.reset();
  inbox.run("COMMIT");
  bus.run("BEGIN IMMEDIATE");
  bus.run("DELETE FROM events WHERE position <= " + std::to_string(last));
  bus.run("COMMIT");
  return n > 0;
}

double rate(int n, std::chrono::steady_clock::time_point start) {
  return n / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

double bare_bus_rate(const std::filesystem::path& folder, int events) {
  File outbox(folder / "bare-outbox.db"), bus(folder / "bare-bus.db"), inbox(folder / "bare-inbox.db");
  outbox.run(std::string("CREATE TABLE outbox") + outbox_table);
  outbox.run(
      "CREATE TABLE published(seq INTEGER PRIMARY KEY, id TEXT, key TEXT, type TEXT, occurred_at INTEGER, envelope "
      "BLOB, headers TEXT, at INTEGER)");
  bus.run(
      "CREATE TABLE events(position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, key TEXT, envelope BLOB, headers "
      "TEXT)");
  inbox.run(
      "CREATE TABLE inbox(event_id TEXT PRIMARY KEY, state TEXT, copy INTEGER, event_at INTEGER, body_hash BLOB, "
      "settled_at INTEGER) WITHOUT ROWID");
  inbox.run("CREATE TABLE effects(number INTEGER PRIMARY KEY, amount INTEGER)");
  fill(outbox, events);
  const auto start = std::chrono::steady_clock::now();
  for (bool more = true; more;) {
    more = relay(outbox, bus);
    while (consume(bus, inbox)) {}
  }
  return rate(events, start);
}

double bare_order_rate(const std::filesystem::path& folder, int orders) {
  File file(folder / "bare-orders.db");
  file.run(
      "CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER, total_amount TEXT, currency "
      "TEXT, items TEXT, status TEXT DEFAULT 'pending', stock TEXT, payment TEXT, reason TEXT)");
  file.run(std::string("CREATE TABLE outbox") + outbox_table);
  file.run("CREATE INDEX by_key ON outbox(key, seq)");
  Statement order(
      file,
      "INSERT INTO orders(customer_id, total_amount, currency, items) VALUES (77, '1499.00', 'INR', ?) RETURNING id");
  Statement event(
      file,
      "INSERT INTO outbox(id, key, type, occurred_at, envelope, headers) VALUES (?, ?, 'order.created.v1', ?, ?, ?)");
  const std::string items = R"([{"productId":101,"qty":1}])", envelope(430, 'x'), headers(120, 'h');
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < orders; ++i) {
    file.run("BEGIN IMMEDIATE");
    order.bind(1, items).once();
    event.bind(1, id_of(i)).bind(2, std::to_string(i)).bind(3, i).bind(4, envelope).bind(5, headers).once();
    file.run("COMMIT");
  }
  return rate(orders, start);
}

}  // namespace holdfast::bench

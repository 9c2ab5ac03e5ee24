#include "store/sqlite/outbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "ports/owner.hpp"
#include "store/sqlite/outbox_row.hpp"

namespace holdfast::store {
namespace {

using namespace ports;

constexpr int rows_a_select = 64;
constexpr std::size_t bytes_a_page = 4 << 20;  // rows may be of 1 MiB each: a page must not fill the memory

Seq seq_of(const Snapshot& snapshot) {
  Seq seq = 0;
  std::from_chars(snapshot.opaque.data(), snapshot.opaque.data() + snapshot.opaque.size(), seq);
  return seq;
}

Seq last_given(TransactionRef tx) {
  return tx.query<Seq>("SELECT seq FROM sqlite_sequence WHERE name = 'holdfast_outbox'").one_or_none().value_or(0);
}

std::vector<OutboxRow> rows_of(std::vector<detail::SqlRow> raw) {
  std::vector<OutboxRow> rows;
  rows.reserve(raw.size());
  for (auto& one : raw) {
    Fields fields(one);
    rows.push_back(outbox_row(fields));
  }
  return rows;
}

/// {"17":"0198...", ...}
std::string id_by_seq(std::span<const RowRef> rows) {
  std::string json;
  for (const auto& [seq, id] : rows)
    json += fmt::format("{}\"{}\":\"{}\"", json.empty() ? '{' : ',', seq, id.to_string());
  return rows.empty() ? "{}" : json + "}";
}

const std::string read_sql =
    std::string("SELECT") + outbox_columns + "FROM holdfast_outbox WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
const std::string read_without_sql = std::string("SELECT") + outbox_columns +
                                     "FROM holdfast_outbox WHERE seq > $1 AND seq <= $2 AND (key IS NULL OR key NOT IN"
                                     " (SELECT value FROM json_each($4))) ORDER BY seq LIMIT $3";
const std::string read_key_sql =
    std::string("SELECT") + outbox_columns + "FROM holdfast_outbox WHERE key = $1 AND seq > $2 ORDER BY seq LIMIT $3";

}  // namespace

Page SqliteOutbox::read(const Round& round, int limit, std::span<const std::string> without) {
  Transaction tx = access_.begin_read();
  const Seq last = last_given(tx);
  Seq seen = seq_of(round.not_seen_by);
  if (seen > last) seen = 0;  // an older file was put in its place: what it holds is not known
  const Seq as_of = round.as_of.opaque.empty() ? last : seq_of(round.as_of);

  const std::vector<std::string> keys(without.begin(), without.end());
  const auto next = [&](Seq after, int most) {
    return rows_of(keys.empty() ? select(tx, read_sql, after, as_of, most)
                                : select(tx, read_without_sql, after, as_of, most, keys));
  };

  Page page;
  Seq after = std::max(seen, round.after);
  std::size_t bytes = 0;
  while (!page.last && static_cast<int>(page.rows.size()) < limit && bytes < bytes_a_page) {
    const int wanted = std::min(limit - static_cast<int>(page.rows.size()), rows_a_select);
    auto rows = next(after, wanted);
    page.last = static_cast<int>(rows.size()) < wanted;
    for (auto& row : rows) {
      after = row.seq;
      bytes += row.event.envelope.size();
      page.rows.push_back(std::move(row));
    }
  }
  const Snapshot now{std::to_string(as_of)};
  page.next = page.last ? Round{now, {}, 0} : Round{round.not_seen_by, now, after};
  return page;
}

std::vector<OutboxRow> SqliteOutbox::read_keys(std::span<const KeyFrom> keys, int limit_each) {
  Transaction tx = access_.begin_read();
  std::vector<OutboxRow> out;
  for (const auto& [key, after] : keys)
    for (auto& row : rows_of(select(tx, read_key_sql, key, after, limit_each))) out.push_back(std::move(row));
  return out;
}

// A mark that a power cut takes back is a duplicate, and the inbox absorbs those: it need not wait for the disk.
int SqliteOutbox::mark_published(std::span<const RowRef> rows) {
  Transaction tx = access_.begin_lazy();
  const std::string marked = id_by_seq(rows);
  tx.exec(
      "INSERT INTO holdfast_outbox_published(seq, id, key, type, unrouted_ok, occurred_at, envelope, headers, attempts,"
      " last_error, published_at)"
      " SELECT seq, o.id, o.key, o.type, unrouted_ok, occurred_at, envelope, headers, attempts, last_error, $2"
      " FROM json_each($1) AS marked CROSS JOIN holdfast_outbox AS o"
      " ON seq = CAST(marked.key AS INTEGER) AND o.id = marked.value WHERE destination IS NULL",
      marked, access_.now());
  const auto moved = tx.exec(
      "DELETE FROM holdfast_outbox WHERE (seq, id) IN (SELECT CAST(key AS INTEGER), value FROM json_each($1))", marked);
  tx.commit();
  return static_cast<int>(moved);
}

void SqliteOutbox::note_failure(std::span<const RowRef> rows, const std::string& error, bool refused) {
  Transaction tx = access_.begin_lazy();
  for (const auto& [seq, id] : rows)
    tx.exec(
        "UPDATE holdfast_outbox SET attempts = attempts + 1, last_error = $3, refused = max(refused, $4)"
        " WHERE seq = $1 AND id = $2",
        seq, id, error, refused);
  tx.commit();
}

bool SqliteOutbox::renew(const std::string& owner, Millis ttl) {
  Transaction tx = access_.begin_lazy();
  const auto now = access_.now();
  const auto holder =
      tx.query<std::string>("SELECT owner FROM holdfast_relay_lease WHERE expires_at > $1", now).one_or_none();
  if (holder && *holder != owner && !is_gone(*holder)) return false;
  tx.exec(
      "INSERT INTO holdfast_relay_lease(only_row, owner, expires_at) VALUES (1, $1, $2)"
      " ON CONFLICT(only_row) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at",
      owner, now + micros(ttl));
  tx.commit();
  return true;
}

void SqliteOutbox::release(const std::string& owner) {
  Transaction tx = access_.begin_lazy();
  tx.exec("DELETE FROM holdfast_relay_lease WHERE owner = $1", owner);
  tx.commit();
}

bool SqliteOutbox::retain(Millis published, int limit) {
  Transaction tx = access_.begin_lazy();
  const auto deleted = tx.exec(
      "DELETE FROM holdfast_outbox_published WHERE seq IN (SELECT seq FROM holdfast_outbox_published"
      " WHERE published_at < $1 ORDER BY published_at LIMIT $2)",
      access_.now() - micros(published), limit);
  tx.commit();
  return deleted == limit;
}

}  // namespace holdfast::store

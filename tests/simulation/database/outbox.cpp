#include "simulation/database/outbox.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <unordered_map>

#include "ports/mutants.hpp"

namespace sim {

using holdfast::mutant;
using holdfast::Unavailable;

void SimOutboxStore::call() {
  database_.scheduler.point();
  if (database_.away()) throw Unavailable(database_.name() + " is away");
  check_connection();
}

void SimOutboxStore::answer() {
  database_.scheduler.point();
  check_connection();
}

void SimOutboxStore::check_connection() {
  const bool lost = database_.scheduler.random.chance(database_.faults.lost_call);
  if (lost) ++database_.counts.lost_calls;
  if (!lost && database_.sessions_ended <= connected_) return;
  connected_ = database_.scheduler.now;
  throw Unavailable("the connection to " + database_.name() + " is lost");
}

ports::Page SimOutboxStore::read(const ports::Round& round, int limit, std::span<const std::string> without) {
  call();
  const Seen now = database_.snapshot();
  const Seen as_of = round.as_of.opaque.empty() ? now : Seen::of(round.as_of);
  std::optional<Seen> seen =
      round.not_seen_by.opaque.empty() ? std::nullopt : std::optional(Seen::of(round.not_seen_by));
  if (seen && seen->xmax > now.xmax) seen.reset();  // of a future that a restore undid
  ports::Page page;
  page.last = true;
  for (auto it = database_.outbox.upper_bound(round.after); it != database_.outbox.end(); ++it) {
    const auto& [seq, row] = *it;
    if (seen && seen->contains(row.xid)) continue;
    if (row.row.refused && mutant("refused_hidden_from_reads")) continue;
    const bool in_round = as_of.contains(row.xid) || row.xid >= now.xmax;  // restored: from the future
    if (!in_round || (row.row.event.key && std::ranges::count(without, *row.row.event.key) > 0)) continue;
    if (std::ssize(page.rows) == limit) {
      page.last = false;
      break;
    }
    page.rows.push_back(row.row);
  }
  if (!page.last) page.next = {round.not_seen_by, as_of.wire(), page.rows.back().seq};
  else if (!mutant("cursor_by_seq")) page.next = {as_of.wire(), {}, 0};
  else page.next = {{}, {}, page.rows.empty() ? round.after : page.rows.back().seq};
  answer();
  return page;
}

std::vector<ports::OutboxRow> SimOutboxStore::read_keys(std::span<const ports::KeyFrom> keys, int limit_each) {
  call();
  struct Wanted {
    ports::Seq after;
    std::vector<ports::OutboxRow> rows;
  };
  std::unordered_map<std::string_view, Wanted> wanted;
  ports::Seq first = std::numeric_limits<ports::Seq>::max();
  for (const auto& from : keys) wanted[from.key] = {from.after, {}}, first = std::min(first, from.after);
  std::size_t low = wanted.size();
  for (auto it = database_.outbox.upper_bound(first); it != database_.outbox.end() && low > 0; ++it) {
    const auto& row = it->second.row;
    const auto key = row.event.key ? wanted.find(*row.event.key) : wanted.end();
    if (key == wanted.end() || row.seq <= key->second.after || std::ssize(key->second.rows) == limit_each) continue;
    if (row.refused && mutant("refused_hidden_from_reads")) continue;
    key->second.rows.push_back(row);
    low -= std::ssize(key->second.rows) == limit_each;
  }
  std::vector<ports::OutboxRow> rows;
  for (const auto& from : keys) std::ranges::move(wanted[from.key].rows, std::back_inserter(rows));
  answer();
  return rows;
}

Database::Pending* SimOutboxStore::pending(const ports::RowRef& row) {
  const auto it = database_.outbox.find(row.seq);
  if (it == database_.outbox.end()) return nullptr;
  return it->second.row.event.id == row.id || mutant("mark_by_seq_alone") ? &it->second : nullptr;
}

int SimOutboxStore::mark_published(std::span<const ports::RowRef> rows) {
  call();
  int moved = 0;
  for (const auto& row : rows) {
    Database::Pending* there = pending(row);
    if (!there) continue;
    ++moved;
    on_mark({row.seq, there->row.event.id});
    database_.unsynced.emplace_back(row.seq, *there);
    if (there->row.event.destination.empty())
      database_.published.insert_or_assign(row.seq, Database::Published{there->row, database_.now()});
    database_.outbox.erase(row.seq);
  }
  answer();
  return moved;
}

void SimOutboxStore::note_failure(std::span<const ports::RowRef> rows, const std::string&, bool refused) {
  call();
  for (const auto& row : rows)
    if (Database::Pending* there = pending(row)) {
      if (refused) on_refuse(there->row);
      ++there->row.attempts, there->row.refused |= refused;
    }
  answer();
}

bool SimOutboxStore::renew(const std::string& owner, Millis ttl) {
  call();
  const bool free = database_.lease_owner.empty() || database_.lease_owner == owner ||
                    database_.lease_until <= database_.now() || !owner_lives(database_.lease_owner);
  if (free) database_.lease_owner = owner, database_.lease_until = database_.now() + ttl.count();
  answer();
  return free;
}

void SimOutboxStore::release(const std::string& owner) {
  call();
  if (database_.lease_owner == owner) database_.lease_owner.clear();
  answer();
}

bool SimOutboxStore::retain(Millis published, int limit) {
  call();
  const Time before = database_.now() - published.count();
  for (auto it = database_.published.begin(); it != database_.published.end();) {
    if (it->second.at > before) ++it;
    else if (limit-- == 0) return true;
    else it = database_.published.erase(it);
  }
  answer();
  return false;
}

int SimOutboxStore::retry_refused(const ports::RowRef& row) {
  call();
  Database::Pending* there = pending(row);
  if (there) there->row.refused = false;
  return there ? 1 : 0;
}

int SimOutboxStore::discard_pending(const ports::RowRef& row) {
  call();
  return pending(row) ? static_cast<int>(database_.outbox.erase(row.seq)) : 0;
}

bool SimOutboxStore::republish(ports::Seq published) {
  Session session(database_);
  const auto it = database_.published.find(published);
  if (it == database_.published.end()) return false;
  const ports::OutgoingEvent event = it->second.row.event;
  session.append({&event, 1});
  session.commit();
  return true;
}

void SimOutboxWriter::append(holdfast::TransactionRef tx, std::span<const ports::OutgoingEvent> events) const {
  Session& session = Session::of(tx);
  if (!mutant("publish_opens_a_transaction")) return session.append(events);
  Session other(session.database());
  other.append(events);
  other.commit();
}

}  // namespace sim

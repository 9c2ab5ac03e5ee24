#include "transport/sqlite_bus/topology.hpp"

#include <algorithm>

#include "sql/windows.hpp"
#include "transport/sqlite_bus/presence.hpp"

namespace holdfast::transport::sqlite_bus {
namespace {

using Patterns = std::set<std::string>;

Patterns bound(sqlite::Connection& connection, const std::string& queue) {
  const auto rows =
      query<std::string>(connection, "SELECT pattern FROM bindings JOIN queues ON id = queue WHERE name = $1", queue);
  return {rows.begin(), rows.end()};
}

Patterns recorded(sqlite::Connection& connection, const std::string& queue) {
  const auto rows =
      query<std::string>(connection, "SELECT value FROM queues, json_each(patterns) WHERE name = $1", queue);
  return {rows.begin(), rows.end()};
}

void record(sqlite::Connection& connection, std::int64_t queue, const Patterns& patterns) {
  run(connection, "UPDATE queues SET patterns = $2 WHERE id = $1", queue,
      std::vector<std::string>(patterns.begin(), patterns.end()));
}

std::optional<bool> ordering(sqlite::Connection& connection, const std::string& queue) {
  return query<bool>(connection, "SELECT by_key FROM queues WHERE name = $1", queue).one_or_none();
}

struct Counted {
  std::int64_t all = 0, handed_out = 0;
};

/// So many are counted, the oldest, by an index that holds nothing else; how many come after them is estimated.
Counted count(sqlite::Connection& connection, const std::string& queue) {
  constexpr auto most = ports::Topology::Depth::counted + 1;
  const auto [id, all, handed_out, last, last_of_all] =
      query<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>(
          connection,
          "SELECT q.id, count(position), coalesce(sum(position <= q.handed_out), 0), coalesce(max(position), 0),"
          " coalesce((SELECT position FROM events WHERE queue = q.id ORDER BY position DESC LIMIT 1), 0)"
          " FROM (SELECT id, handed_out FROM queues WHERE name = $1) AS q LEFT JOIN (SELECT position FROM events"
          "  WHERE queue = (SELECT id FROM queues WHERE name = $1) ORDER BY position LIMIT $2)",
          queue, most)
          .one();
  if (all < most || last_of_all == last) return {all, handed_out};
  const detail::Windows w(last, last_of_all);
  const auto found = query<std::int64_t>(
      connection,
      "WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < $4 - 1) SELECT sum((SELECT count(*)"
      " FROM events WHERE queue = $1 AND position > $2 + n * $3 / $4 AND position <= $2 + n * $3 / $4 + $5)) FROM i",
      id, w.low, w.span, w.count, w.width);
  return {all + w.whole(found.one()), handed_out};
}

std::string in_words(bool by_key) { return by_key ? "by key" : "in any order"; }

std::string missing_queue(const std::string& name) { return "missing: queue " + name; }

}  // namespace

sqlite::Connection& Topology::connection() {
  if (!connection_ || !connection_->usable()) connection_ = file_->connect(busy_);
  return *connection_;
}

/// Declared again each minute by everybody: that must cost no write.
bool Topology::is_declared(const ports::Queue& queue) {
  auto& c = connection();
  const auto has = bound(c, queue.name);
  return ordering(c, queue.name) == queue.by_key && ordering(c, ports::dead_letter_queue(queue.name)) == false &&
         std::ranges::all_of(queue.patterns, [&](const auto& pattern) { return has.contains(pattern); });
}

ports::Declared Topology::declare(const ports::Queue& queue) {
  const std::lock_guard lock(mutex_);
  if (is_declared(queue)) return {};
  auto& c = connection();
  Write write(*file_, c);
  const bool gone = queue.was_there && !ordering(c, queue.name);
  const auto id = declare_queue(queue.name, queue.by_key);
  declare_queue(ports::dead_letter_queue(queue.name), false);
  auto known = recorded(c, queue.name);
  ports::Declared declared;
  for (const auto& pattern : queue.patterns) {
    const bool added =
        run(c, "INSERT INTO bindings(pattern, queue) VALUES ($1, $2) ON CONFLICT DO NOTHING", pattern, id).changed > 0;
    if (!known.insert(pattern).second && added) declared.restored.push_back(pattern);
  }
  if (gone) declared = {queue.patterns, true};
  record(c, id, known);
  write.commit();
  return declared;
}

std::int64_t Topology::declare_queue(const std::string& name, bool by_key) {
  auto& c = connection();
  run(c, "INSERT INTO queues(name, by_key, patterns) VALUES ($1, $2, '[]') ON CONFLICT DO NOTHING", name, by_key);
  const auto [id, as_it_is] = query<std::int64_t, bool>(c, "SELECT id, by_key FROM queues WHERE name = $1", name).one();
  if (as_it_is != by_key) change_ordering(id, name, by_key);
  return id;
}

/// What was handed out keeps its mark, whichever way it is kept.
void Topology::change_ordering(std::int64_t id, const std::string& name, bool by_key) {
  auto& c = connection();
  if (const auto who = anybody(*file_, c, id))
    throw Invalid(name, std::string("the queue is received ") + (by_key ? "in any order" : "by key") + " by " + *who +
                            "; stop that program before its ordering is changed");
  run(c, "DELETE FROM leases WHERE queue = $1", id);
  if (!by_key)
    run(c,
        "INSERT INTO leases(queue, position) SELECT e.queue, e.position FROM events e JOIN queues q ON q.id = e.queue "
        "WHERE q.id = $1 AND e.position <= q.handed_out",
        id);
  run(c, "UPDATE queues SET by_key = $2, receiver = NULL WHERE id = $1", id, by_key);
}

ports::Topology::Depth Topology::depth(const std::string& queue) {
  const std::lock_guard lock(mutex_);
  auto& c = connection();
  if (!ordering(c, queue)) return {};
  const auto dead = ports::dead_letter_queue(queue);
  const auto own = count(c, queue);
  return {own.all, own.handed_out, ordering(c, dead) ? count(c, dead).all : 0};
}

std::vector<std::string> Topology::describe(const ports::Queue& queue) const {
  std::vector<std::string> lines{"queue " + ports::dead_letter_queue(queue.name),
                                 "queue " + queue.name + ", " + in_words(queue.by_key)};
  for (const auto& pattern : queue.patterns) lines.push_back("binding " + pattern + " -> " + queue.name);
  return lines;
}

std::vector<std::string> Topology::differences(const ports::Queue& queue) {
  const std::lock_guard lock(mutex_);
  auto& c = connection();
  std::vector<std::string> found;
  if (const auto dead = ports::dead_letter_queue(queue.name); !ordering(c, dead)) found.push_back(missing_queue(dead));
  const auto by_key = ordering(c, queue.name);
  if (!by_key) found.push_back(missing_queue(queue.name));
  else if (*by_key != queue.by_key)
    found.push_back("queue " + queue.name + " is kept " + in_words(*by_key) + ", not " + in_words(queue.by_key));
  const auto has = bound(c, queue.name);
  for (const auto& pattern : queue.patterns)
    if (!has.contains(pattern)) found.push_back("missing: binding " + pattern + " -> " + queue.name);
  return found;
}

}  // namespace holdfast::transport::sqlite_bus

#include "transport/sqlite_bus/work_queue.hpp"

#include <fmt/format.h>

#include <iterator>

#include "event/since_epoch.hpp"
#include "ports/wire_headers.hpp"
#include "transport/sqlite_bus/headers.hpp"

namespace holdfast::transport::sqlite_bus {
namespace {

/// A foreign program may have stored any kind of value.
std::string text(detail::SqlValue& field) {
  struct Read {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(const detail::SqlList&) const { return ""; }  // never a field
    std::string operator()(std::int64_t number) const { return fmt::to_string(number); }
    std::string operator()(double number) const { return fmt::to_string(number); }
    std::string operator()(std::string& own) const { return std::move(own); }
    std::string operator()(Bytes& own) const { return std::move(own.data); }
  };
  return std::visit(Read{}, field.value);
}

ports::Delivery read(detail::SqlRow& row, std::int64_t handed_out) {
  ports::Delivery out;
  const auto position = std::get<std::int64_t>(row[0].value);
  out.tag = static_cast<std::uint64_t>(position);
  out.redelivered = position <= handed_out;
  out.message_id = text(row[1]), out.type = text(row[2]), out.headers = headers_from_json(text(row[3]));
  if (const auto* at = std::get_if<std::int64_t>(&row[4].value)) out.broker_time = since_epoch(ports::Millis(*at));
  out.body = text(row[5]);
  ports::read_headers(out);
  return out;
}

std::vector<ports::Delivery> read(TransactionRef::Answer answer, std::int64_t handed_out) {
  std::vector<ports::Delivery> out;
  out.reserve(answer.rows.size());
  for (auto& row : answer.rows) out.push_back(read(row, handed_out));
  return out;
}

std::int64_t position(const ports::Delivery& delivery) { return static_cast<std::int64_t>(delivery.tag); }

}  // namespace

std::optional<WorkQueue> WorkQueue::find(sqlite::Connection& connection, const std::string& name) {
  const auto row =
      query<std::int64_t, bool>(connection, "SELECT id, by_key FROM queues WHERE name = $1", name).one_or_none();
  if (!row) return std::nullopt;
  return WorkQueue(connection, std::get<0>(*row), std::get<1>(*row));
}

Look WorkQueue::look(std::int64_t receiver, std::int64_t after) const {
  constexpr auto sql =
      "SELECT q.receiver, q.handed_out, EXISTS(SELECT 1 FROM receivers WHERE id = $2), "
      "EXISTS(SELECT 1 FROM events WHERE queue = $1 AND position > $3), "
      "EXISTS(SELECT 1 FROM events WHERE queue = $1 AND position > q.handed_out), "
      "EXISTS(SELECT 1 FROM leases WHERE queue = $1 AND receiver IS NULL), "
      "EXISTS(SELECT 1 FROM receivers r CROSS JOIN leases l WHERE r.queue = $1 AND r.id <> $2 AND l.queue = $1 AND "
      "l.receiver = r.id) "
      "FROM queues q WHERE q.id = $1";
  const auto [who, handed_out, present, unseen, fresh, given_back, others] =
      query<std::optional<std::int64_t>, std::int64_t, bool, bool, bool, bool, bool>(*connection_, sql, id_, receiver,
                                                                                     after)
          .one();
  return {who, handed_out, present, by_key_ ? unseen : fresh, given_back, others};
}

void WorkQueue::occupy(std::int64_t receiver) const {
  run(*connection_, "UPDATE queues SET receiver = $2 WHERE id = $1", id_, receiver);
}

std::vector<ports::Delivery> WorkQueue::take_after(std::int64_t after, const Look& look, int most) const {
  constexpr auto sql =
      "SELECT position, message_id, type, headers, published_at, body FROM events "
      "WHERE queue = $1 AND position > $2 ORDER BY position LIMIT $3";
  auto out = read(run(*connection_, sql, id_, after, most), look.handed_out);
  if (!out.empty() && position(out.back()) > look.handed_out) mark_handed_out(out);
  return out;
}

std::vector<ports::Delivery> WorkQueue::take_on_lease(std::int64_t receiver, const Look& look, int most) const {
  std::vector<ports::Delivery> out;
  if (look.given_back) out = take_given_back(receiver, most);
  auto fresh = take_after(look.handed_out, look, most - static_cast<int>(out.size()));
  if (fresh.empty()) return out;
  run(*connection_,
      "INSERT INTO leases(queue, position, receiver) SELECT queue, position, $4 FROM events "
      "WHERE queue = $1 AND position BETWEEN $2 AND $3",
      id_, position(fresh.front()), position(fresh.back()), receiver);
  std::move(fresh.begin(), fresh.end(), std::back_inserter(out));
  return out;
}

std::vector<ports::Delivery> WorkQueue::take_given_back(std::int64_t receiver, int most) const {
  constexpr auto sql =
      "SELECT e.position, message_id, type, headers, published_at, body FROM leases l JOIN events e ON e.position = "
      "l.position "
      "WHERE l.queue = $1 AND l.receiver IS NULL ORDER BY l.position LIMIT $2";
  auto out = read(run(*connection_, sql, id_, most), std::numeric_limits<std::int64_t>::max());
  if (!out.empty())
    run(*connection_, "UPDATE leases SET receiver = $3 WHERE queue = $1 AND receiver IS NULL AND position <= $2", id_,
        position(out.back()), receiver);
  return out;
}

void WorkQueue::mark_handed_out(const std::vector<ports::Delivery>& events) const {
  run(*connection_, "UPDATE queues SET handed_out = max(handed_out, $2) WHERE id = $1", id_, position(events.back()));
}

void WorkQueue::settle(const std::vector<std::int64_t>& positions) const {
  if (positions.empty()) return;
  run(*connection_, "DELETE FROM events WHERE queue = $1 AND position IN (SELECT value FROM json_each($2))", id_,
      positions);
  if (!by_key_)
    run(*connection_, "DELETE FROM leases WHERE queue = $1 AND position IN (SELECT value FROM json_each($2))", id_,
        positions);
}

}  // namespace holdfast::transport::sqlite_bus

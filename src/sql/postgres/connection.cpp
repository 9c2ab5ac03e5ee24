#include "sql/postgres/connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <ranges>
#include <utility>

#include "sql/postgres/binary.hpp"
#include "sql/postgres/oid.hpp"
#include "sql/postgres/value.hpp"

namespace holdfast::postgres {
namespace {

using detail::SqlValue;

constexpr std::size_t most_statements = 200;  // a program whose SQL text differs each time must not fill the memory

std::int64_t changed_by(PGresult* result) {
  if (std::string_view(PQcmdStatus(result)).starts_with("SELECT")) return 0;
  const std::string_view count = PQcmdTuples(result);
  std::int64_t out = 0;
  std::from_chars(count.data(), count.data() + count.size(), out);
  return out;
}

TransactionRef::Answer answer_of(PGconn* connection, Result result, const std::string& name) {
  switch (PQresultStatus(result.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK: break;
    case PGRES_EMPTY_QUERY: throw SqlError("42601", "the SQL text is empty");
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH: throw SqlError("0A000", "COPY needs a libpq connection of your own: native(tx)");
    default: fail(connection, result.get(), name);
  }
  TransactionRef::Answer answer;
  answer.changed = changed_by(result.get());
  const int columns = PQnfields(result.get()), rows = PQntuples(result.get());
  answer.rows.reserve(static_cast<std::size_t>(rows));
  for (int row = 0; row < rows; ++row) {
    auto& out = answer.rows.emplace_back();
    out.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) {
      if (PQgetisnull(result.get(), row, i)) {
        out.emplace_back();
        continue;
      }
      const std::string_view value(PQgetvalue(result.get(), row, i),
                                   static_cast<std::size_t>(PQgetlength(result.get(), row, i)));
      const auto read = PQfformat(result.get(), i) == 1 ? detail::postgres_binary_field : detail::postgres_field;
      out.push_back(read(PQftype(result.get(), i), value));
    }
  }
  return answer;
}

/// Only worth it for bytes.
bool better_in_binary(const PGresult* result) {
  bool bytes = false, readable = true;
  for (int i = 0; i < PQnfields(result); ++i) {
    bytes |= PQftype(result, i) == detail::oid_bytea;
    readable &= detail::postgres_reads_binary(PQftype(result, i));
  }
  return bytes && readable;
}

constexpr std::string_view ask_xid = "SELECT coalesce(pg_current_xact_id_if_assigned()::text, '')";

/// libpq takes no COPY in a pipeline.
bool starts_copy(std::string_view sql) {
  const auto first = sql.find_first_not_of(" \t\r\n");
  return first != sql.npos && sql.size() >= first + 4 && strncasecmp(sql.data() + first, "copy", 4) == 0;
}

}  // namespace

TransactionRef::Answer run_once(PGconn* connection, std::string_view sql, std::span<const SqlValue> params,
                                const std::string& name) {
  const Bound bound(params);
  return answer_of(connection,
                   Result(PQexecParams(connection, std::string(sql).c_str(), bound.size(), nullptr, bound.values.data(),
                                       bound.lengths.data(), bound.formats.data(), 0)),
                   name);
}

void Connection::begin() {
  if (begun()) return;
  std::string all;
  for (const auto& statement : begin_) all += statement + ";";
  begin_.clear();
  command(all);
}

TransactionRef::Answer Connection::execute(std::string_view sql, std::span<const SqlValue> params, std::string* xid) {
  const bool asks = xid != nullptr && xid->empty();
  try {
    if (!pooler_ && (!begun() || asks) && !starts_copy(sql)) return execute_together(sql, params, asks ? xid : nullptr);
    begin();
    return execute_alone(sql, params);
  } catch (const Transient& failure) {
    if (std::string_view(failure.what()).find("prepared statement") != std::string_view::npos) condemn();
    throw;
  } catch (const SqlError& error) {
    if (error.sqlstate() == "26000" || error.sqlstate() == "42P05") condemn();  // what it had prepared is gone
    throw;
  }
}

std::string Connection::xid() {
  std::string out;
  detail::from_sql(execute(ask_xid, {}).rows.at(0).at(0), out);
  return out;
}

TransactionRef::Answer Connection::execute_together(std::string_view sql, std::span<const SqlValue> params,
                                                    std::string* xid) {
  std::vector<std::string_view> all(begin_.begin(), begin_.end());
  all.insert(all.end(), {sql, ask_xid});
  prepare(all);
  Pipeline pipeline(connection_, name_);
  for (const auto& statement : std::exchange(begin_, {})) pipeline.send_prepared(prepared(statement), Bound({}));
  const std::size_t wanted = pipeline.send_prepared(prepared(sql), Bound(params));
  if (xid) pipeline.send_prepared(prepared(ask_xid), Bound({}));
  auto results = pipeline.results();
  if (xid) *xid = PQgetvalue(results.back().get(), 0, 0);
  return take(prepared(sql), std::move(results.at(wanted)));
}

TransactionRef::Answer Connection::execute_alone(std::string_view sql, std::span<const SqlValue> params) {
  if (pooler_) return run_once(connection_, sql, params, name_);
  Statement& statement = prepared(sql);
  const Bound bound(params);
  return take(statement, Result(PQexecPrepared(connection_, statement.name.c_str(), bound.size(), bound.values.data(),
                                               bound.lengths.data(), bound.formats.data(), statement.binary ? 1 : 0)));
}

TransactionRef::Answer Connection::take(Statement& statement, Result result) {
  statement.binary = better_in_binary(result.get());
  return answer_of(connection_, std::move(result), name_);
}

/// All at once: the cache may be emptied on the way.
void Connection::prepare(std::span<const std::string_view> all) {
  const auto known = [this](std::string_view statement) { return statements_.contains(statement); };
  while (!std::ranges::all_of(all, known)) std::ranges::for_each(all, [this](auto statement) { prepared(statement); });
}

Statement& Connection::prepared(std::string_view sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) return known->second;
  if (statements_.size() >= most_statements) command("DEALLOCATE ALL"), statements_.clear();
  std::string text(sql), statement = fmt::format("holdfast_{}", ++statement_count_);
  const Result made(PQprepare(connection_, statement.c_str(), text.c_str(), 0, nullptr));
  if (PQresultStatus(made.get()) != PGRES_COMMAND_OK) fail(connection_, made.get(), name_);
  return statements_.emplace(std::move(text), Statement{std::move(statement)}).first->second;
}

void Connection::command(const std::string& text) {
  const Result result(PQexec(connection_, text.c_str()));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK && PQresultStatus(result.get()) != PGRES_TUPLES_OK)
    fail(connection_, result.get(), name_);
}

/// Decided by who answered. An error before COMMIT skipped it; COMMIT's own answer holds, even if the connection was lost then.
bool Connection::commit(std::span<const Held> last) {
  if (!begun()) return begin_.clear(), true;  // nothing was asked of the server
  const auto results = commit_with(last);
  for (const auto& result : results | std::views::take(last.size()))
    if (!sqlstate(result.get()).empty()) fail(connection_, result.get(), name_);
  PGresult* const end = results.size() > last.size() ? results.back().get() : nullptr;
  const std::string state = sqlstate(end);
  if (!Pipeline::good(end) && (state.empty() || ends_session(state))) return condemn(), false;
  if (!Pipeline::good(end)) fail(connection_, end, name_);
  if (std::string_view(PQcmdStatus(end)) != "COMMIT")
    throw SqlError("25P02", "the transaction had failed: the server rolled it back at COMMIT");
  return true;
}

std::vector<Result> Connection::commit_with(std::span<const Held> last) {
  std::vector<Result> results;
  if (last.empty()) {
    results.emplace_back(PQexec(connection_, "COMMIT"));
    return results;
  }
  std::vector<std::string_view> all;
  for (const Held& held : last) all.push_back(held.sql);
  prepare(all);
  Pipeline pipeline(connection_, name_);
  for (const Held& held : last) pipeline.send_prepared(prepared(held.sql), Bound(held.params));
  pipeline.send("COMMIT");
  return pipeline.all();
}

void Connection::rollback() noexcept {
  begin_.clear();
  const auto status = PQtransactionStatus(connection_);
  if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR) PQclear(PQexec(connection_, "ROLLBACK"));
}

/// What the server said is most often that it is gone, and the end comes behind it, by another read.
bool Connection::alive() {
  const auto good = [this] { return PQstatus(connection_) == CONNECTION_OK; };
  pollfd socket{PQsocket(connection_), POLLIN, 0};
  while (good() && poll(&socket, 1, 0) > 0 && PQconsumeInput(connection_) == 1) {}
  return good();
}

bool Connection::usable() const {
  return !condemned_ && PQstatus(connection_) == CONNECTION_OK && PQtransactionStatus(connection_) == PQTRANS_IDLE &&
         PQpipelineStatus(connection_) == PQ_PIPELINE_OFF;
}

}  // namespace holdfast::postgres

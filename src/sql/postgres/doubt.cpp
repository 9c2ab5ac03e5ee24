// A commit whose answer got lost: the server remembers the fate of each transaction by its number.
#include "holdfast/errors.hpp"
#include "ports/clock.hpp"
#include "ports/waker.hpp"
#include "sql/postgres/transaction.hpp"

namespace holdfast::postgres {
namespace {

constexpr ports::Millis ask_again{100};
constexpr const char* never_heard_of = "22023";  // "transaction ID ... is in the future"

std::string status_of(const std::string& xid, Connection& connection) {
  const detail::SqlValue number = detail::to_sql(xid);
  const auto answer = connection.execute("SELECT coalesce(pg_xact_status($1::text::xid8), '')", {&number, 1});
  std::string status;
  detail::from_sql(answer.rows.at(0).at(0), status);
  return status;
}

/// Nothing: it is under way still, or the server is away; ask again.
std::optional<Fate> ask(const Doubt& doubt, const OpenTransaction::Fresh& fresh) {
  try {
    const auto connection = fresh();
    const std::string status = status_of(doubt.xid, *connection);
    if (status == "in progress") return {};
    if (status == "aborted") return Fate::rolled_back;
    // A server that crashed gives numbers again that it never wrote down: the one that committed may be another transaction.
    const bool same_run = connection->incarnation() == doubt.incarnation;
    return status == "committed" && same_run ? Fate::committed : Fate::unknown;
  } catch (const SqlError& error) {
    return error.sqlstate() == never_heard_of ? Fate::rolled_back : Fate::unknown;
  } catch (const Error&) { return {}; }
}

}  // namespace

Fate fate_of(const Doubt& doubt, const OpenTransaction::Fresh& fresh, std::chrono::milliseconds patience) {
  const auto& clock = ports::system_clock();
  const auto until = clock.steady() + patience;
  for (ports::Waker pause; clock.steady() < until; pause.wait_until(clock.steady() + ask_again))
    if (const auto fate = ask(doubt, fresh)) return *fate;
  return Fate::unknown;
}

}  // namespace holdfast::postgres

#include "sql/postgres/errors.hpp"

#include <fmt/format.h>

#include <set>

#include "holdfast/errors.hpp"
#include "sql/refused.hpp"

namespace holdfast::postgres {
namespace {

using Words = std::string;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string field(const PGresult* result, int which) {
  const char* text = result ? PQresultErrorField(result, which) : nullptr;
  return text ? text : "";
}

/// Of a statement that is fine; null: it is not one of these.
const char* why_unavailable(const std::string& state) {
  if (state == "53100") return "the disk is full; free some space";
  if (state == "25006") return "it takes no writes: a standby, or set to read-only; is the URL that of the primary?";
  if (state.starts_with("53")) return "it has run out of memory or connections";
  if (state.starts_with("58")) return "reading or writing its files failed; check the disk";
  if (state == "XX001" || state == "XX002") return "its files are damaged; restore a backup";
  if (state == "57P03") return "it is starting or stopping";
  return nullptr;
}

bool is_transient(const std::string& state) { return state == "40001" || state == "40P01" || state == "55P03"; }

/// "FATAL:  28P01: password ..." of verbose errors: the five characters, and what follows up to the end of the line.
std::pair<Words, Words> split(const std::string& message) {
  for (auto at = message.find(":  "); at != message.npos; at = message.find(":  ", at + 1)) {
    const std::string state = message.substr(at + 3, 5);
    if (state.size() < 5 || state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != state.npos) continue;
    if (message.substr(at + 8, 2) != ": ") continue;
    return {state, message.substr(at + 10, message.find('\n', at) - at - 10)};
  }
  return {"", trimmed(message)};
}

[[noreturn]] void refused(const std::string& name, const std::string& what, const std::string& todo) {
  throw sql::Refused(fmt::format("{}: {}. {}", name, what, todo));
}

bool says(const std::string& message, const char* part) { return message.find(part) != message.npos; }

constexpr const char* pooler_hint =
    "A pooler such as PgBouncer seems to stand in between: set database.pooler = true, or name the server itself";

}  // namespace

std::string sqlstate(const PGresult* result) { return field(result, PG_DIAG_SQLSTATE); }

bool ends_session(const std::string& state) {
  static const std::set<std::string> fatal = {"57P01", "57P02", "57P05", "25P03", "25P04"};
  return fatal.contains(state);
}

void fail(PGconn* connection, const PGresult* result, const std::string& name) {
  const std::string state = sqlstate(result);
  const std::string message = result ? field(result, PG_DIAG_MESSAGE_PRIMARY) : trimmed(PQerrorMessage(connection));
  if (PQstatus(connection) == CONNECTION_BAD || ends_session(state) || state.empty())
    throw Transient(fmt::format("{}: the connection is lost; rolled back, may run again ({})", name,
                                message.empty() ? trimmed(PQerrorMessage(connection)) : message));
  if (is_transient(state))
    throw Transient(
        fmt::format("{}: another transaction was in the way; rolled back, may run again ({})", name, message));
  if (state == "0A000" && says(message, "cached plan"))
    throw Transient(fmt::format("{}: a table was changed under a prepared statement; runs again ({})", name, message));
  if (state == "26000" || state == "42P05") throw SqlError(state, fmt::format("{}. {}", message, pooler_hint));
  if (const char* why = why_unavailable(state))
    throw Unavailable(fmt::format("{}: {}. Nothing was changed ({})", name, why, message));
  const std::string detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  throw SqlError(state, detail.empty() ? message : message + " (" + detail + ")");
}

void fail_connect(const std::string& message, const std::string& name, bool pooler) {
  const auto [state, text] = split(message);
  if (!pooler && says(message, "startup parameter")) refused(name, text, pooler_hint);
  if (state == "28P01" || state == "28000" || says(message, "no password supplied"))
    refused(name, text, "Check user and password in the URL (or PGPASSWORD, ~/.pgpass), and the server's pg_hba.conf");
  if (state == "3D000") refused(name, text, "Create the database first, or check its name in the URL");
  if (state == "42501") refused(name, text, "The role may not connect: GRANT CONNECT ON DATABASE ... TO ...");
  if (says(message, "certificate") || says(message, "SSL was required") || says(message, "does not support SSL"))
    refused(name, text, "Check sslmode and sslrootcert in the URL");
  throw Unavailable(fmt::format("{}: it cannot be reached; nothing was changed, it is tried again ({})", name, text));
}

void fail_timeout(const std::string& name) {
  throw Unavailable(name + ": it does not answer; nothing was changed, it is tried again");
}

}  // namespace holdfast::postgres

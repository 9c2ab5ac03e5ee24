// How a session with the server is opened, set up and looked at.
#include <fmt/format.h>
#include <poll.h>

#include <cstdlib>

#include "ports/clock.hpp"
#include "sql/postgres/connection.hpp"
#include "sql/postgres_run.hpp"
#include "sql/refused.hpp"

namespace holdfast::postgres {
namespace {

/// "-c name=value ...", spaces escaped; after what the user set by PGOPTIONS or in the URL.
std::string options_of(const std::string& url, const Variables& variables) {
  std::string out = std::getenv("PGOPTIONS") ? std::getenv("PGOPTIONS") : "";
  PQconninfoOption* const parsed = PQconninfoParse(url.c_str(), nullptr);
  for (const auto* option = parsed; option && option->keyword; ++option)
    if (option->val && std::string_view(option->keyword) == "options") out = option->val;
  PQconninfoFree(parsed);
  for (const auto& [name, value] : variables) {
    out += fmt::format(" -c {}=", name);
    for (const char c : value) (c == ' ' ? out += '\\' : out) += c;
  }
  return out;
}

/// Until libpq wants no more of the socket.
void await(PGconn* connection, std::chrono::milliseconds limit, const std::string& name) {
  const auto& clock = ports::system_clock();
  const auto until = clock.steady() + limit;
  for (auto wants = PGRES_POLLING_WRITING; wants != PGRES_POLLING_OK; wants = PQconnectPoll(connection)) {
    if (wants == PGRES_POLLING_FAILED) return;
    pollfd socket{PQsocket(connection), static_cast<short>(wants == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    const int left = ports::milliseconds_left(until, clock.steady());
    if (left == 0) fail_timeout(name);
    poll(&socket, 1, left);
    if (clock.steady() >= until) fail_timeout(name);
  }
}

void ignore_notice(void*, const PGresult*) {}

}  // namespace

Connection::Connection(const Settings& settings, const std::string& name, const Variables& variables)
    : name_(name), pooler_(settings.pooler) {
  try {
    open(settings, variables);
    check(settings, variables);
  } catch (...) {
    PQfinish(connection_);
    throw;
  }
}

Connection::~Connection() { PQfinish(connection_); }

void Connection::open(const Settings& settings, const Variables& variables) {
  const std::string options = options_of(settings.url, settings.pooler ? Variables() : variables);
  // Before the URL: what it may set otherwise. After it: what is ours.
  std::vector<const char*> names = {
      "fallback_application_name", "keepalives_idle", "keepalives_interval", "keepalives_count",
      "tcp_user_timeout",          "dbname",          "client_encoding"};
  std::vector<const char*> values = {"holdfast", "10", "10", "3", "30000", settings.url.c_str(), "UTF8"};
  if (!options.empty()) names.push_back("options"), values.push_back(options.c_str());
  names.push_back(nullptr), values.push_back(nullptr);
  connection_ = PQconnectStartParams(names.data(), values.data(), 1);
  if (!connection_) throw std::bad_alloc();
  PQsetNoticeReceiver(connection_, ignore_notice, nullptr);
  PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);  // brings the SQLSTATE of a refusal
  if (PQstatus(connection_) != CONNECTION_BAD) await(connection_, settings.acquire_timeout, name_);
  if (PQstatus(connection_) != CONNECTION_OK) fail_connect(PQerrorMessage(connection_), name_, settings.pooler);
  PQsetErrorVerbosity(connection_, PQERRORS_DEFAULT);
}

/// Some poolers swallow what a session is to be set to. A lock that is waited for without limit would be found out too late.
void Connection::check(const Settings& settings, const Variables& variables) {
  constexpr int oldest = 130000;
  if (PQserverVersion(connection_) < oldest)
    throw sql::Refused(fmt::format("{}: the server is too old; Holdfast needs PostgreSQL 13 or newer", name_));
  constexpr const char* ask =
      "SELECT " HOLDFAST_SERVER_RUN ", (SELECT setting FROM pg_settings WHERE name = 'lock_timeout')";
  const auto rows = execute(ask, {}).rows;
  detail::from_sql(rows.at(0).at(0), incarnation_);
  std::string lock_timeout;
  detail::from_sql(rows.at(0).at(1), lock_timeout);
  if (settings.pooler || lock_timeout == variables.at("lock_timeout")) return;
  throw sql::Refused(
      fmt::format("{}: a session does not keep its settings. A pooler such as PgBouncer seems to stand in "
                  "between: set database.pooler = true, or name the server itself",
                  name_));
}

}  // namespace holdfast::postgres

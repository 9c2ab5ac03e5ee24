#include "sql/postgres/settings.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>
#include <sstream>

#include "event/port.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::postgres {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// libpq looks at it only when it connects, and that would be taken for a server that is away.
void require_ports(const std::string& ports) {
  std::istringstream each(ports);
  for (std::string port; std::getline(each, port, ',');)
    if (!port.empty() && !event::port_of(port)) throw Invalid("postgres:", event::port_rule);
}

}  // namespace

std::string name_of(const std::string& url) {
  char* why = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(PQconninfoParse(url.c_str(), &why));
  PQfreemem(why);  // not shown: it may hold the password
  if (!parsed || url.find("://") == url.npos)
    throw Invalid("postgres:", "is no URL of PostgreSQL; write it as postgres://user@host:5432/db?sslmode=verify-full");
  std::map<std::string, std::string> part;
  for (const auto* option = parsed.get(); option->keyword; ++option)
    if (option->val) part[option->keyword] = option->val;
  require_ports(part["port"]);
  std::string out = "postgres://";
  if (part.contains("user")) out += part["user"] + "@";
  out += part["host"];
  if (!part["port"].empty()) out += ":" + part["port"];
  return out + "/" + part["dbname"];
}

Variables session_variables(const Settings& s) {
  return {{"lock_timeout", fmt::format("{}", s.lock_timeout.count())},
          {"idle_in_transaction_session_timeout", fmt::format("{}", s.idle_in_transaction.count())},
          {"tcp_keepalives_idle", "10"},
          {"tcp_keepalives_interval", "10"},
          {"tcp_keepalives_count", "3"},
          {"default_transaction_isolation", "read committed"},
          {"default_transaction_read_only", "off"},
          {"TimeZone", "UTC"},
          {"DateStyle", "ISO"},
          {"IntervalStyle", "postgres"},
          {"bytea_output", "hex"}};
}

}  // namespace holdfast::postgres

#include "connect/connect.hpp"

#include "holdfast/errors.hpp"
#include "holdfast/sqlite.hpp"
#include "sql/sqlite/open.hpp"

namespace holdfast {
namespace {

constexpr std::string_view sqlite_scheme = "sqlite";

[[noreturn]] void unknown(const connect::Url& url, const char* what) {
  throw Invalid(url.scheme + ":", std::string("this build opens no such ") + what + "; it knows sqlite:PATH");
}

std::string path_of(const connect::Url& url, const char* what) {
  if (url.scheme != sqlite_scheme) unknown(url, what);
  if (url.rest.empty()) throw Invalid("sqlite:", "a path must follow, as sqlite:orders.db");
  return url.rest;
}

}  // namespace

namespace connect {

Url split(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == url.npos || colon == 0) throw Invalid(std::string(url), "is no URL; write it as sqlite:PATH");
  return {std::string(url.substr(0, colon)), std::string(url.substr(colon + 1))};
}

Store open_store(std::string_view url, const StoreLimits& limits) {
  return store::open_sqlite({.file = path_of(split(url), "database"),
                             .connections = limits.connections,
                             .acquire_timeout = limits.acquire_timeout,
                             .busy_timeout = limits.acquire_timeout,
                             .read_only_will_do = limits.read_only_will_do},
                            ports::system_clock());
}

}  // namespace connect

Store open_store(std::string_view url) { return connect::open_store(url, {}); }
Transport open_transport(std::string_view url) {
  return sqlite::open_bus({.file = path_of(connect::split(url), "broker")});
}

}  // namespace holdfast

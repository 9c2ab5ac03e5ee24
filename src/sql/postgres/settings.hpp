// Where the server is and how its sessions are to be.
#pragma once
#include <chrono>
#include <map>
#include <string>

namespace holdfast::postgres {

struct Settings {
  std::string url;
  int connections = 10;
  std::chrono::milliseconds acquire_timeout = std::chrono::seconds(5);  // for a free connection; for a new one, too
  std::chrono::milliseconds lock_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds idle_in_transaction = std::chrono::seconds(60);  // a dead peer's rows are free after that
  bool pooler = false;
};

/// "postgres://app@db:5432/orders" for logs, without secrets. Invalid where the URL is none.
std::string name_of(const std::string& url);

/// What each session is set to; libpq's `options`. Behind a pooler each transaction is set so instead.
using Variables = std::map<std::string, std::string>;
Variables session_variables(const Settings& settings);

}  // namespace holdfast::postgres

// open_store and open_transport with what configuration knows besides the URL.
#pragma once
#include <chrono>
#include <string>

#include "holdfast/connect.hpp"

namespace holdfast::connect {

struct StoreLimits {
  int connections = 10;
  std::chrono::milliseconds acquire_timeout = std::chrono::seconds(5);
  bool read_only_will_do = false;  // for who only looks: a file that may not be written is read all the same
};
Store open_store(std::string_view url, const StoreLimits& limits);

/// "sqlite:orders.db" -> "sqlite", "orders.db"; Invalid where there is no scheme.
struct Url {
  std::string scheme, rest;
};
Url split(std::string_view url);

}  // namespace holdfast::connect

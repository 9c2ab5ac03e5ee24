// `holdfast demo`: three services, a thousand orders, everything that can go wrong, and the account at the end.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "demo/private_servers.hpp"

namespace holdfast::demo {

struct Options {
  int orders = 1000;
  std::uint64_t seed = 1;
  bool json = false;
  Broker broker = Broker::file;      // else on a private PostgreSQL server, too
  bool keep = false;                 // leave the folder for a look and for --check
  std::string state;                 // folder, new or empty; "" = a new one in the temporary folder
  std::filesystem::path programs;    // where order-service and so on are
};

/// 0: nothing lost. 1: the account does not hold. Throws Invalid where state is not empty, Unavailable where a program cannot
/// be started.
int run(const Options& options);
/// Takes the account of a kept folder again: 0 or 1.
int check(const std::string& folder, bool json);

}  // namespace holdfast::demo

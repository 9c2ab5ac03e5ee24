// The inventory service as a program on a database of its own, and how fast it takes what waits for it.
// Threads: one. Errors: as the servers'.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "bench/servers.hpp"
#include "bench/telemetry.hpp"
#include "demo/process.hpp"

namespace holdfast::bench {

struct Pair {
  int first = 0, second = 0;
};
/// Of an order, from so many products.
Pair products_of(int order, int products);

class Inventory {
 public:
  Inventory(Servers& servers, std::filesystem::path folder, std::filesystem::path programs)
      : folder_(std::move(folder)), programs_(std::move(programs)), servers_(servers) {}

  /// Tables and queues are there, and stock. The database's URL.
  std::string prepare(const std::string& purpose, const std::string& broker, int products);
  /// From the service's start until the stock says that all of them took effect. collector: of its telemetry; "": it has none.
  Rate take(const std::string& url, const std::string& broker, int products, int orders,
            const std::string& collector = "") const;

 private:
  struct Running {
    demo::Process process;
    std::string http;
  };
  Running start(const std::string& url, const std::string& broker, const std::vector<std::string>& more = {}) const;

  const std::filesystem::path folder_, programs_;
  Servers& servers_;
  int made_ = 0;
};

}  // namespace holdfast::bench

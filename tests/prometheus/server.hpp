// A private Prometheus: it scrapes what it is told twice a second, judges the rules as often, and is asked over its API.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "demo/process.hpp"
#include "http/client.hpp"

namespace holdfast::prometheus_test {

/// Where the program is; "": it is not installed.
std::string program();

class Prometheus {
 public:
  /// targets: host:port. Throws Unavailable.
  Prometheus(const std::filesystem::path& folder, const std::string& rules, const std::vector<std::string>& targets);

  bool fires(const std::string& alert);
  std::size_t series(const std::string& query);  // how many it finds; Invalid: it does not understand the query

 private:
  http::Response ask(const std::string& target);

  int port_;
  demo::Process process_;
  http::Client client_;
};

}  // namespace holdfast::prometheus_test

// Which queues an event goes to, as the bindings stand in the open transaction.
#pragma once
#include <map>
#include <vector>

#include "transport/sqlite_bus/file.hpp"

namespace holdfast::transport::sqlite_bus {

class Routes {
 public:
  explicit Routes(sqlite::Connection& connection);
  const std::vector<std::int64_t>& of(const ports::OutgoingEvent& event);

 private:
  std::vector<std::int64_t> queue(const std::string& name);
  std::vector<std::int64_t> bound(const std::string& type) const;

  sqlite::Connection& connection_;
  Rows<std::string, std::int64_t> bindings_;
  std::map<std::string, std::vector<std::int64_t>> by_type_, by_name_;
};

}  // namespace holdfast::transport::sqlite_bus

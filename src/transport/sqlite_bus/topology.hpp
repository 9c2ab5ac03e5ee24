// Queues and bindings as rows. Bindings are never taken away here: an older release that still runs may want them.
#pragma once
#include "ports/topology.hpp"
#include "transport/sqlite_bus/file.hpp"

namespace holdfast::transport::sqlite_bus {

class Topology : public ports::Topology {
 public:
  explicit Topology(std::shared_ptr<const File> file)
      : file_(std::move(file)), busy_(file_->clock, file_->settings.busy_timeout) {}
  ports::Declared declare(const ports::Queue& queue) override;
  Depth depth(const std::string& queue) override;
  std::vector<std::string> describe(const ports::Queue& queue) const override;
  std::vector<std::string> differences(const ports::Queue& queue) override;

 private:
  sqlite::Connection& connection();
  bool is_declared(const ports::Queue& queue);
  std::int64_t declare_queue(const std::string& name, bool by_key);
  void change_ordering(std::int64_t id, const std::string& name, bool by_key);

  const std::shared_ptr<const File> file_;
  std::mutex mutex_;
  BusyWait busy_;
  std::unique_ptr<sqlite::Connection> connection_;
};

}  // namespace holdfast::transport::sqlite_bus

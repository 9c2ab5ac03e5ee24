#include "transport/sqlite_bus/bus.hpp"

#include "holdfast/errors.hpp"
#include "holdfast/sqlite.hpp"
#include "ports/transport_base.hpp"
#include "transport/sqlite_bus/publisher.hpp"
#include "transport/sqlite_bus/receiver.hpp"
#include "transport/sqlite_bus/topology.hpp"

namespace holdfast {
namespace transport::sqlite_bus {
namespace {

class Bus : public detail::TransportBase {
 public:
  explicit Bus(std::shared_ptr<const File> file) : file_(std::move(file)), topology_(file_) {}

  std::string name() const override { return "sqlite:" + file_->path; }
  ports::BusName bus() const override { return {"sqlite"}; }
  ports::Topology& topology() override { return topology_; }
  std::unique_ptr<ports::Publisher> publisher() override { return std::make_unique<Publisher>(file_); }

  /// By key or not: as the queue was declared.
  std::unique_ptr<ports::Receiver> receiver(const ports::Queue& queue, const std::string& instance) override {
    return std::make_unique<Receiver>(file_, queue.name, instance, ports::dead_letter_queue(queue.name));
  }
  std::unique_ptr<ports::Receiver> dead_letters(const std::string& queue, const std::string& instance) override {
    return std::make_unique<Receiver>(file_, ports::dead_letter_queue(queue), instance, "");
  }

 private:
  const std::shared_ptr<const File> file_;
  Topology topology_;
};

}  // namespace
}  // namespace transport::sqlite_bus

Transport transport::open_sqlite_bus(const std::string& file, const ports::Clock& clock,
                                     sqlite_bus::Settings settings) {
  if (file == ":memory:") throw Invalid(file, "a bus is shared, so it needs a file that others can open");
  return Transport(std::make_shared<sqlite_bus::Bus>(std::make_shared<const sqlite_bus::File>(file, clock, settings)));
}

Transport sqlite::open_bus(BusOptions options) {
  return transport::open_sqlite_bus(options.file, ports::system_clock());
}

}  // namespace holdfast

// Order, inventory and payment as child programs, on files in one folder or on servers whose data is there.
#pragma once
#include <array>
#include <filesystem>

#include "demo/process.hpp"

namespace holdfast::demo {

enum class Part { order, inventory, payment };
inline constexpr std::array parts{Part::order, Part::inventory, Part::payment};
std::string name_of(Part part);  // "order"

struct Layout {  // where things are; the same for a check after the run
  std::filesystem::path folder;
  std::string postgres = {};  // "postgres://shop:secret@127.0.0.1:5432/", a database for each program; "": files
  std::string server = {};  // "amqp://...", "kafka://..."; "": a file

  std::string database(Part part) const;  // URL
  std::string broker() const;  // URL
  std::string ledger() const { return (folder / "payment-gateway.db").string(); }
  std::string deeds() const { return (folder / "demo.json").string(); }
  std::filesystem::path postgres_data() const { return folder / "postgres"; }
  std::filesystem::path rabbit_data() const { return folder / "rabbitmq"; }
  std::filesystem::path kafka_data() const { return folder / "kafka"; }
  bool on_kafka() const { return server.starts_with("kafka"); }
  std::vector<std::string> files() const;  // all that a run may leave
};

inline constexpr auto inventory_queue = "inventory.order-created.q", payment_queue = "payment.order-created.q",
                      order_queue = "order.outcomes.q", stock_reserved = "stock.reserved.*";
/// What the programs would declare themselves, and before the first of them can publish.
void declare_queues(const Layout& layout);

class System {
 public:
  /// programs: the folder with order-service and so on. ports: the usual ones where they are free, else any.
  System(Layout layout, std::filesystem::path programs, bool usual_ports);

  /// Declares all queues first, so that no event of the first program finds the others missing; then starts all.
  void start();
  void start(Part part);  // again, on the port it had
  void stop();            // SIGTERM, in order

  Process& process(Part part) { return *processes_[static_cast<std::size_t>(part)]; }
  const std::string& http(Part part) const { return urls_[static_cast<std::size_t>(part)]; }
  const Layout& layout() const { return layout_; }

 private:
  void start(Part part, const std::string& listen);
  Command command(Part part, const std::string& listen) const;

  Layout layout_;
  std::filesystem::path programs_;
  bool usual_ports_;
  std::array<std::optional<Process>, 3> processes_;
  std::array<std::string, 3> urls_;
};

}  // namespace holdfast::demo

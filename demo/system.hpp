// Order, inventory and payment as child programs on private files in one folder.
#pragma once
#include <array>
#include <filesystem>

#include "demo/process.hpp"

namespace holdfast::demo {

enum class Part { order, inventory, payment };
inline constexpr std::array parts{Part::order, Part::inventory, Part::payment};
std::string name_of(Part part);  // "order"

struct Layout {                     // where things are; the same for a check after the run
  std::filesystem::path folder;
  std::string database(Part part) const { return (folder / (name_of(part) + ".db")).string(); }
  std::string bus() const { return (folder / "bus.db").string(); }
  std::string ledger() const { return (folder / "payment-gateway.db").string(); }
  std::string deeds() const { return (folder / "demo.json").string(); }
  std::vector<std::string> files() const;  // all that a run may leave
  std::string url(const std::string& file) const { return "sqlite:" + file; }
};

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

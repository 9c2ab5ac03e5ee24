#include "demo/system.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "holdfast/connect.hpp"
#include "holdfast/contract.hpp"
#include "holdfast/errors.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::demo {
namespace {

using namespace std::chrono_literals;

struct Ready {  // the line that a ready program prints
  bool ready = false;
  std::string name, http;
};

constexpr std::uint16_t usual_port(Part part) { return static_cast<std::uint16_t>(8081 + static_cast<int>(part)); }

bool is_free(std::uint16_t port) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return free;
}

}  // namespace

std::string name_of(Part part) {
  switch (part) {
    case Part::order: return "order";
    case Part::inventory: return "inventory";
    case Part::payment: break;
  }
  return "payment";
}

std::string Layout::database(Part part) const {
  return postgres.empty() ? "sqlite:" + (folder / (name_of(part) + ".db")).string() : postgres + name_of(part);
}

std::string Layout::broker() const { return server.empty() ? "sqlite:" + (folder / "bus.db").string() : server; }

std::vector<std::string> Layout::files() const {
  std::vector<std::string> all{deeds(), (folder / "up.json").string(), postgres_data().string(), rabbit_data().string(),
                               kafka_data().string()};
  std::vector<std::string> databases{(folder / "bus.db").string(), ledger()};
  for (const Part part : parts) {
    databases.push_back((folder / (name_of(part) + ".db")).string());
    all.push_back((folder / (name_of(part) + ".log")).string());
  }
  for (const auto& file : databases)
    for (const char* suffix : {"", "-wal", "-shm", "-journal", "-receivers"}) all.push_back(file + suffix);
  return all;
}

void declare_queues(const Layout& layout) {
  const auto broker = open_transport(layout.broker());
  auto& topology = broker.impl()->topology();
  topology.declare({inventory_queue, {"order.created.*", "order.cancelled.*"}, false});
  topology.declare({payment_queue, {"order.created.*", "order.cancelled.*"}, false});
  topology.declare(
      {order_queue, {stock_reserved, "stock.rejected.*", "payment.charged.*", "payment.declined.*"}, true});
}

System::System(Layout layout, std::filesystem::path programs, bool usual_ports)
    : layout_(std::move(layout)), programs_(std::move(programs)), usual_ports_(usual_ports) {
  std::filesystem::create_directories(layout_.folder);
}

Command System::command(Part part, const std::string& listen) const {
  Command c{(programs_ / (name_of(part) + "-service")).string(),
            {"--database-url", layout_.database(part), "--broker-url", layout_.broker(), "--http-listen", listen},
            {},
            (layout_.folder / (name_of(part) + ".log")).string()};
  if (layout_.on_kafka()) c.arguments.insert(c.arguments.end(), {"--broker-instance", name_of(part)});
  if (part == Part::payment) c.arguments.insert(c.arguments.end(), {"--gateway-ledger", layout_.ledger()});
  return c;
}

void System::start() {
  declare_queues(layout_);
  for (const Part part : parts) start(part);
}

void System::start(Part part) {
  const auto& known = urls_[static_cast<std::size_t>(part)];
  if (!known.empty()) return start(part, known.substr(known.rfind('/') + 1));
  if (usual_ports_ && is_free(usual_port(part))) try {
      return start(part, "127.0.0.1:" + std::to_string(usual_port(part)));
    } catch (const Unavailable&) {}  // somebody was quicker
  start(part, "127.0.0.1:0");
}

void System::start(Part part, const std::string& listen) {
  auto& process = processes_[static_cast<std::size_t>(part)];
  process.reset();
  process.emplace(command(part, listen));
  urls_[static_cast<std::size_t>(part)] = Codec<Ready>::decode(process->read_line(30s)).http;
}

void System::stop() {
  for (auto& process : processes_)
    if (process) process->signal(SIGTERM);
  for (auto& process : processes_)
    if (process) process->wait();
}

}  // namespace holdfast::demo

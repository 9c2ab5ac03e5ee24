#include "demo/up.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <holdfast/contract.hpp>
#include <holdfast/errors.hpp>

#include "demo/folder.hpp"
#include "demo/orders.hpp"
#include "demo/private_servers.hpp"
#include "demo/system.hpp"
#include "http/client.hpp"

namespace holdfast::demo {
namespace {

constexpr std::int64_t shelf = 1000;

struct ByPart {
  std::string order, inventory, payment;
};
struct Pids {
  std::int64_t order = 0, inventory = 0, payment = 0;
  std::optional<std::int64_t> broker, postgres;
};
struct Line {  // stable names; the console comes with its issue
  std::string order, inventory, payment, broker, exchange;
  ByPart databases;
  Pids pids;
  std::string state;
};

std::string line_of(System& system, PrivateServers* servers) {
  const auto& layout = system.layout();
  const auto database = [&](Part part) { return layout.database(part); };
  const auto pid = [&](Part part) { return static_cast<std::int64_t>(system.process(part).pid()); };
  Pids pids{pid(Part::order), pid(Part::inventory), pid(Part::payment), {}, {}};
  if (servers) pids.broker = servers->broker_pid(), pids.postgres = servers->postgres().pid();
  return Codec<Line>::encode({system.http(Part::order),
                              system.http(Part::inventory),
                              system.http(Part::payment),
                              layout.broker(),
                              "orders.exchange",
                              {database(Part::order), database(Part::inventory), database(Part::payment)},
                              pids,
                              layout.folder.string()});
}

std::string line_file(const System& system) { return (system.layout().folder / "up.json").string(); }

void write_line(System& system, PrivateServers* servers) {
  const auto file = line_file(system);
  std::ofstream(file + ".new") << line_of(system, servers) << "\n";
  std::filesystem::rename(file + ".new", file);
}

void stock_the_shelves(System& system) {
  http::Client inventory(system.http(Part::inventory));
  for (const auto product : plenty) {
    const auto target = "/stock/" + std::to_string(product);
    if (inventory.get(target).status == 404) inventory.put(target, "{\"onHand\":" + std::to_string(shelf) + "}");
  }
}

void show_how(System& system, const std::filesystem::path& programs) {
  if (isatty(STDOUT_FILENO) == 0) return;
  const auto &order = system.http(Part::order), &inventory = system.http(Part::inventory),
             &payment = system.http(Part::payment);
  std::printf(
      "\n  curl -i %s/orders -d "
      "'{\"customerId\":77,\"totalAmount\":1499.00,\"currency\":\"INR\",\"items\":[{\"productId\":101,\"qty\":1}]}'\n"
      "  curl %s/orders/1        curl %s/stock/101        curl %s/payments/1\n"
      "  %s --database %s status\n  Ctrl-C ends all of it.\n",
      order.c_str(), order.c_str(), inventory.c_str(), payment.c_str(), (programs / "holdfast").c_str(),
      system.layout().database(Part::order).c_str());
}

/// false: a signal asked to stop.
bool still_wanted(const sigset_t& stop) {
  const timespec second{1, 0};
  return sigtimedwait(&stop, nullptr, &second) < 0;
}

/// What fails is tried again in a second.
void restart(const std::string& what, const std::function<void()>& start) {
  std::fprintf(stderr, "%s; starting it again\n", what.c_str());
  try {
    start();
  } catch (const Unavailable& failed) { std::fprintf(stderr, "%s\n", failed.what()); }
}

/// true: something was.
bool restart_the_dead(System& system, PrivateServers* servers) {
  bool any = false;
  const auto revive = [&any](const std::string& what, auto start) { any = true, restart(what, start); };
  if (servers && !servers->postgres().running()) revive("PostgreSQL ended", [&] { servers->postgres().start(); });
  if (servers && !servers->broker_runs()) revive("the broker ended", [&] { servers->start_broker(); });
  for (const Part part : parts)
    if (auto& process = system.process(part); !process.running())
      revive(name_of(part) + " ended with code " + std::to_string(process.wait()), [&] { system.start(part); });
  return any;
}

}  // namespace

int up(const UpOptions& options) {
  sigset_t stop;
  sigemptyset(&stop), sigaddset(&stop, SIGINT), sigaddset(&stop, SIGTERM);
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  Folder folder(options.state, "holdfast-up");
  std::unique_ptr<PrivateServers> servers;
  if (options.broker != Broker::file)
    folder.let_others_pass(), servers = std::make_unique<PrivateServers>(folder.path(), options.broker);
  System system(servers ? servers->layout() : Layout{folder.path()}, options.programs, true);
  system.start();
  if (servers) servers->settle();
  stock_the_shelves(system);
  write_line(system, servers.get());
  std::printf("%s\n", line_of(system, servers.get()).c_str());
  show_how(system, options.programs);
  std::fflush(stdout);
  while (still_wanted(stop))
    if (restart_the_dead(system, servers.get())) write_line(system, servers.get());
  std::filesystem::remove(line_file(system));  // nobody is there any more
  system.stop();
  servers.reset();
  if (options.state.empty()) folder.remove();
  return 0;
}

}  // namespace holdfast::demo

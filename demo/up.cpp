#include "demo/up.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <holdfast/contract.hpp>
#include <holdfast/errors.hpp>

#include "demo/folder.hpp"
#include "demo/orders.hpp"
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
};
struct Line {  // stable names; console, broker servers and the database server come with their issues
  std::string order, inventory, payment, broker, exchange;
  ByPart databases;
  Pids pids;
  std::string state;
};

std::string line_of(System& system) {
  const auto& layout = system.layout();
  const auto database = [&](Part part) { return layout.url(layout.database(part)); };
  const auto pid = [&](Part part) { return static_cast<std::int64_t>(system.process(part).pid()); };
  return Codec<Line>::encode({system.http(Part::order),
                              system.http(Part::inventory),
                              system.http(Part::payment),
                              layout.url(layout.bus()),
                              "orders.exchange",
                              {database(Part::order), database(Part::inventory), database(Part::payment)},
                              {pid(Part::order), pid(Part::inventory), pid(Part::payment)},
                              layout.folder.string()});
}

void write_line(System& system) {
  const auto file = (system.layout().folder / "up.json").string();
  std::ofstream(file + ".new") << line_of(system) << "\n";
  std::filesystem::rename(file + ".new", file);
}

void stock_the_shelves(System& system) {
  http::Client inventory(system.http(Part::inventory));
  for (const auto product : plenty) {
    const auto target = "/stock/" + std::to_string(product);
    if (inventory.get(target).status == 404) inventory.put(target, "{\"onHand\":" + std::to_string(shelf) + "}");
  }
}

void show_how(System& system) {
  if (isatty(STDOUT_FILENO) == 0) return;
  const auto &order = system.http(Part::order), &inventory = system.http(Part::inventory),
             &payment = system.http(Part::payment);
  std::printf(
      "\n  curl -i %s/orders -d "
      "'{\"customerId\":77,\"totalAmount\":1499.00,\"currency\":\"INR\",\"items\":[{\"productId\":101,\"qty\":1}]}'\n"
      "  curl %s/orders/1        curl %s/stock/101        curl %s/payments/1\n"
      "  holdfast --database %s status\n  Ctrl-C ends all of it.\n",
      order.c_str(), order.c_str(), inventory.c_str(), payment.c_str(),
      system.layout().url(system.layout().database(Part::order)).c_str());
}

/// false: a signal asked to stop.
bool still_wanted(const sigset_t& stop) {
  const timespec second{1, 0};
  return sigtimedwait(&stop, nullptr, &second) < 0;
}

void restart(System& system, Part part) {
  std::fprintf(stderr, "%s ended with code %d; starting it again\n", name_of(part).c_str(),
               system.process(part).wait());
  try {
    system.start(part);
  } catch (const Unavailable& failed) {
    std::fprintf(stderr, "%s\n", failed.what());  // tried again in a second
  }
  write_line(system);
}

}  // namespace

int up(const UpOptions& options) {
  sigset_t stop;
  sigemptyset(&stop), sigaddset(&stop, SIGINT), sigaddset(&stop, SIGTERM);
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  Folder folder(options.state, "holdfast-up");
  System system({folder.path()}, options.programs, true);
  system.start();
  stock_the_shelves(system);
  write_line(system);
  std::printf("%s\n", line_of(system).c_str());
  show_how(system);
  std::fflush(stdout);
  while (still_wanted(stop))
    for (const Part part : parts)
      if (!system.process(part).running()) restart(system, part);
  system.stop();
  if (options.state.empty()) folder.remove();
  return 0;
}

}  // namespace holdfast::demo

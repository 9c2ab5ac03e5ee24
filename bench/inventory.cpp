#include "bench/inventory.hpp"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "bench/bare_postgres.hpp"

namespace holdfast::bench {

using namespace std::chrono_literals;

Pair products_of(int order, int products) {
  return {order % products + 1, (order + 1 + order / products % (products - 1)) % products + 1};
}

demo::Process Inventory::start(const std::string& url, const std::string& broker) const {
  demo::Process out(
      {(programs_ / "inventory-service").string(),
       {"--database-url", url, "--broker-url", broker, "--http-listen", "127.0.0.1:0", "--relay-mode", "elsewhere"},
       {},
       (folder_ / "inventory.log").string()});
  out.read_line(60s);
  return out;
}

std::string Inventory::prepare(const std::string& purpose, const std::string& broker, int products) {
  const auto name = fmt::format("{}_{}", purpose, ++made_);
  const auto url = servers_.database(name);
  auto once = start(url, broker);
  once.signal(SIGTERM), once.wait();
  servers_.sql(name, fmt::format("INSERT INTO stock SELECT i, 1000000 FROM generate_series(1, {}) AS i", products));
  return url;
}

double Inventory::take(const std::string& url, const std::string& broker, int products, int orders) const {
  const auto begin = std::chrono::steady_clock::now();
  auto service = start(url, broker);
  const auto wanted = static_cast<std::int64_t>(products) * 1'000'000 - 2 * static_cast<std::int64_t>(orders);
  BarePostgres sql(url);
  sql.prepare("left", "SELECT sum(on_hand) FROM stock");
  while (std::stoll(sql.run("left")[0][0]) > wanted) std::this_thread::sleep_for(20ms);
  const double rate = orders / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  service.signal(SIGTERM), service.wait();
  return rate;
}

}  // namespace holdfast::bench

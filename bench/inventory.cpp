#include "bench/inventory.hpp"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include "bench/bare_postgres.hpp"
#include "bench/proc.hpp"
#include "bench/scraped.hpp"
#include "holdfast/contract.hpp"

namespace holdfast::bench {

using namespace std::chrono_literals;

namespace {

struct Ready {
  std::string http;
};

}  // namespace

Pair products_of(int order, int products) {
  return {order % products + 1, (order + 1 + order / products % (products - 1)) % products + 1};
}

Inventory::Running Inventory::start(const std::string& url, const std::string& broker,
                                    const std::vector<std::string>& more) const {
  std::vector<std::string> words{"--database-url", url,           "--broker-url", broker,
                                 "--http-listen",  "127.0.0.1:0", "--relay-mode", "elsewhere"};
  words.insert(words.end(), more.begin(), more.end());
  demo::Process out({(programs_ / "inventory-service").string(), words, {}, (folder_ / "inventory.log").string()});
  auto http = Codec<Ready>::decode(out.read_line(60s)).http;
  return {std::move(out), std::move(http)};
}

std::string Inventory::prepare(const std::string& purpose, const std::string& broker, int products) {
  const auto name = fmt::format("{}_{}", purpose, ++made_);
  const auto url = servers_.database(name);
  auto once = start(url, broker).process;
  once.signal(SIGTERM), once.wait();
  servers_.sql(name, fmt::format("INSERT INTO stock SELECT i, 1000000 FROM generate_series(1, {}) AS i", products));
  return url;
}

Rate Inventory::take(const std::string& url, const std::string& broker, int products, int orders,
                     const std::string& collector) const {
  const auto begin = std::chrono::steady_clock::now();
  auto [service, http] =
      start(url, broker,
            collector.empty() ? std::vector<std::string>() : std::vector<std::string>{"--trace-endpoint", collector});
  std::optional<Scraping> scraping(collector.empty() ? "" : http);
  const auto wanted = static_cast<std::int64_t>(products) * 1'000'000 - 2 * static_cast<std::int64_t>(orders);
  BarePostgres sql(url);
  sql.prepare("left", "SELECT sum(on_hand) FROM stock");
  while (std::stoll(sql.run("left")[0][0]) > wanted) std::this_thread::sleep_for(20ms);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const Rate rate{orders / took.count(), cpu_seconds(service.pid()) / orders};
  scraping.reset();
  service.signal(SIGTERM), service.wait();
  return rate;
}

}  // namespace holdfast::bench

// POST /orders on PostgreSQL against pgbench with the same statements; the service's memory under that load.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "bench/bench.hpp"
#include "bench/load.hpp"
#include "bench/proc.hpp"
#include "bench/servers.hpp"
#include "demo/process.hpp"
#include "holdfast/contract.hpp"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;

const unsigned workers =
    2 * std::max(1u, std::thread::hardware_concurrency());  // as docs/configuration.md says for a shared machine

struct Ready {
  std::string http;
};

/// As the service writes them: one round trip for each.
constexpr const char* statements =
    "\\set customer 77\n"
    "BEGIN;\n"
    "INSERT INTO orders(customer_id, total_amount, currency, items) VALUES (:customer, 1499.00, 'INR', "
    "'[{{\"productId\":101,\"qty\":1}}]') RETURNING id AS id \\gset\n"
    "SELECT holdfast.append(ARRAY[gen_random_uuid()], ARRAY[:id::text], ARRAY['order.created.v1'], "
    "ARRAY[NULL]::text[], "
    "ARRAY[false], ARRAY[1785000000000000], ARRAY['{}'::bytea], ARRAY['{}']);\n"
    "COMMIT;\n";

double pgbench(const std::filesystem::path& folder, const std::string& url) {
  const auto script = (folder / "orders.sql").string();
  std::ofstream(script) << fmt::format(fmt::runtime(statements), std::string(430, 'x'), std::string(120, 'h'));
  demo::Process run({(servers::Postgres::programs() / "pgbench").string(),
                     {"-n", "-M", "prepared", "-c", std::to_string(load_connections), "-j", "2", "-T",
                      std::to_string(load_seconds), "-f", script, url},
                     {},
                     (folder / "pgbench.log").string()});
  for (;;) {
    const auto line = run.read_line(300s);
    if (line.starts_with("tps = ")) return std::stod(line.substr(6));
  }
}

}  // namespace

void measure_orders(Report& report, Servers& servers, const std::filesystem::path& folder,
                    const std::filesystem::path& programs) {
  const auto url = servers.database("orders");
  demo::Process service({(programs / "order-service").string(),
                         {"--database-url", url, "--broker-url", servers.broker(), "--http-listen", "127.0.0.1:0",
                          "--relay-mode", "elsewhere", "--database-connections", std::to_string(load_connections),
                          "--http-workers", std::to_string(workers)},
                         {},
                         (folder / "order-on-postgres.log").string()});
  const auto at = Codec<Ready>::decode(service.read_line(60s)).http;
  std::vector<double> limit, rate;
  for (int round = 0; round < rounds_in_turn; ++round) {
    limit.push_back(pgbench(folder, url));
    rate.push_back(post_orders(at, folder));
  }
  report.add({fmt::format("POST /orders on PostgreSQL, 16 connections, {} workers", workers), median(rate), "orders/s",
              median(limit), "pgbench -M prepared, same statements", 0.6});
  report.add({"order-service on PostgreSQL, most resident", resident_mib(service.pid()), "MiB", 0, "", 40, true});
  service.signal(SIGTERM), service.wait();
}

}  // namespace holdfast::bench

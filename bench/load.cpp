#include "bench/load.hpp"

#include <chrono>
#include <fstream>

#include "demo/process.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* script = R"(wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"customerId":77,"totalAmount":1499.00,"currency":"INR","items":[{"productId":101,"qty":1}]}'
)";

}  // namespace

double post_orders(const std::string& order_url, const std::filesystem::path& folder) {
  const auto file = (folder / "orders.lua").string();
  std::ofstream(file) << script;
  demo::Process wrk({"/usr/bin/wrk",
                     {"-t", "1", "-c", std::to_string(load_connections), "-d", std::to_string(load_seconds), "-s", file,
                      order_url + "/orders"},
                     {},
                     (folder / "wrk.log").string()});
  for (;;) {
    const auto line = wrk.read_line(60s);
    if (line.find("Non-2xx") != line.npos || line.find("Socket errors") != line.npos)
      throw Error("POST /orders under load:" + line);
    if (line.starts_with("Requests/sec:")) return std::stod(line.substr(line.find(':') + 1));
  }
}

}  // namespace holdfast::bench

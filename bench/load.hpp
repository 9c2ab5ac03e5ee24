// The load of a shop: POST /orders by wrk, as many at a time as there are connections.
#pragma once
#include <filesystem>
#include <string>

namespace holdfast::bench {

constexpr int load_connections = 16, load_seconds = 4;

/// Orders a second. Throws where one was not answered by 2xx. `folder`: for what wrk reads.
double post_orders(const std::string& order_url, const std::filesystem::path& folder);

}  // namespace holdfast::bench

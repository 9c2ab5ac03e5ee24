// The limits: bare SQLite programs that do the same statements.
#pragma once
#include <filesystem>

namespace holdfast::bench {

/// Events a second from an outbox table through a queue table into an effects table: three files, the same rows, batches and syncs.
double bare_bus_rate(const std::filesystem::path& folder, int events);
/// Orders a second: the statements of POST /orders, a transaction each, one thread.
double bare_order_rate(const std::filesystem::path& folder, int orders);

}  // namespace holdfast::bench

// An outbox that is full, and how fast a relay empties it.
// Threads: one. Errors: as the store's and the transport's.
#pragma once
#include <cstdint>
#include <string>

#include "bench/servers.hpp"
#include "bench/telemetry.hpp"

namespace holdfast::bench {

constexpr int payload_bytes = 400;

/// Rows first to last of bench.measured.v1, their key by an SQL expression of i.
void fill(Servers& servers, const std::string& database, int first, int last, const std::string& key);

struct Drain {
  double seconds = 0;  // from the relay's session to the last mark of those that count
  double cpu_seconds = 0;  // of this process meanwhile
  double statements = 0;
};
/// Relays to the broker what is there, until `count` rows with a seq above `after` are marked.
Drain drain(Servers& servers, const std::string& database, const std::string& broker, int count, std::int64_t after = 0,
            const Telemetry& telemetry = {});

}  // namespace holdfast::bench

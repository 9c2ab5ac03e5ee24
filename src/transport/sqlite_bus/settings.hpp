// The numbers of the bus in a file.
#pragma once
#include <cstddef>

#include "ports/publisher.hpp"

namespace holdfast::transport::sqlite_bus {

struct Settings {
  ports::Millis busy_timeout{2'000};  // for another process that writes; then the bus is "away"
  ports::Millis again{250};           // after it was away
  ports::Millis lease{30'000};        // of a receiver that hangs; of one that died it ends at once
  ports::Millis poll_busy{5}, poll_idle{100};
  std::size_t most_buffered = ports::most_in_flight;  // publishes of one transaction
  std::size_t most_bytes = 16 << 20;
};

}  // namespace holdfast::transport::sqlite_bus

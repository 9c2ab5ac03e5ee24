// Work with telemetry or without it, and what it cost.
#pragma once
#include "holdfast/trace.hpp"

namespace holdfast::bench {

struct Telemetry {
  Tracing trace = {};
  bool scraped = false;
};
struct Rate {
  double events_a_second = 0;
  double cpu_seconds = 0;  // an event, of the process that worked; what servers used is not in it
};

}  // namespace holdfast::bench

// What every thread of a host works with.
#pragma once
#include "holdfast/host.hpp"
#include "host/event_spans.hpp"
#include "host/observer.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace holdfast::host {

struct Surroundings {
  std::string name;  // of the host
  detail::StoreBase& store;
  detail::TransportBase& transport;
  const ports::Clock& clock;
  telemetry::Log log;
  telemetry::Metrics& metrics;
  Observer observe;
  EventSpans spans = {};

  void signal(const Signal& signal) const {
    if (observe) observe(signal);
  }
};

}  // namespace holdfast::host

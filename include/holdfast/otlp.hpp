// Sends spans to an OpenTelemetry Collector, or to whatever takes OTLP over HTTP. Link holdfast::http.
//
//   holdfast::Tracing trace{holdfast::otlp_exporter({.endpoint = "http://127.0.0.1:4318", .service = "order-service"})};
//   holdfast::Host host({.name = "order-service", .store = store, .transport = broker, .trace = trace});
//   holdfast::http::Server http({.trace = trace});
//
// In batches, from a thread of its own: recording a span never waits. Spans that a collector does not take in time wait, so many of
// them; more are dropped and counted (SpanSink::dropped). The last owner's end sends what is left, for `timeout` at most.
// No TLS: the collector runs beside the service and passes on to elsewhere. Errors: Invalid (the endpoint cannot be read).
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "holdfast/log.hpp"
#include "holdfast/trace.hpp"

namespace holdfast {

struct OtlpOptions {
  std::string endpoint = {};  // http://host:port, with a path before /v1/traces where there is one
  std::string service = {};  // service.name
  std::size_t queue = 8192;  // spans that wait
  std::size_t batch = 512;  // sent together, once there are so many
  std::chrono::milliseconds interval{1'000};  // or after so long
  std::chrono::milliseconds timeout{2'000};  // for an answer
  std::chrono::milliseconds retry_first{1'000}, retry_most{30'000};  // a collector that is away
  LogSink log = {};
};

std::shared_ptr<SpanSink> otlp_exporter(OtlpOptions options);

}  // namespace holdfast

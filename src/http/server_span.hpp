// The span of one request, by OpenTelemetry's conventions for HTTP servers. While it lives, its thread is in the request's trace.
#pragma once
#include <optional>

#include "holdfast/http.hpp"
#include "telemetry/tracer.hpp"

namespace holdfast::http {

class ServerSpan {
 public:
  /// wanted: else the request's trace is continued, but has no span of it.
  ServerSpan(const telemetry::Tracer& tracer, const Request& request, bool wanted);
  /// route: as in Server::on; "": none was found.
  void end(const std::string& route, int status);

 private:
  void describe(const Request& request);

  const telemetry::Tracer& tracer_;
  std::optional<Span> span_;
  std::string method_;
  std::optional<TraceScope> scope_;  // without one an event begins its own
};

}  // namespace holdfast::http

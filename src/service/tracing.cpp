#include "service/tracing.hpp"

#include "service/units.hpp"

namespace holdfast::service {

OtlpOptions otlp_options(const Config& c, const std::string& name) {
  const auto& service = c.text("trace.service");
  return {.endpoint = c.text("trace.endpoint"), .service = service.empty() ? name : service};
}

Tracing tracing(const Config& c, const std::string& name, const LogSink& log) {
  Tracing trace;
  trace.sample = parse_sample(c.text("trace.sample"));
  auto options = otlp_options(c, name);
  options.log = log;
  if (!options.endpoint.empty()) trace.sink = otlp_exporter(std::move(options));
  return trace;
}

}  // namespace holdfast::service

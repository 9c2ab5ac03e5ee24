// Where a program's spans go, by its keys trace.*.
#pragma once
#include "holdfast/otlp.hpp"
#include "service/config.hpp"

namespace holdfast::service {

OtlpOptions otlp_options(const Config& config, const std::string& name);
/// An exporter with a thread of its own, if there is an endpoint. name: service.name, where trace.service says none.
Tracing tracing(const Config& config, const std::string& name, const LogSink& log);

}  // namespace holdfast::service

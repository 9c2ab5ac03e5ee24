#include "service/logging.hpp"

#include "telemetry/log.hpp"

namespace holdfast::service {
namespace {

telemetry::LogFormat format_of(const std::string& name) {
  if (name == "json") return telemetry::LogFormat::json;
  return name == "text" ? telemetry::LogFormat::text : telemetry::LogFormat::automatic;
}

}  // namespace

Level level_of(const Config& config) {
  const auto& name = config.text("log.level");
  if (name == "debug") return Level::debug;
  if (name == "warning") return Level::warning;
  return name == "error" ? Level::error : Level::info;
}

LogSink log_to_stderr(const Config& config, const std::string& name) {
  return telemetry::stderr_sink(name, format_of(config.text("log.format")), level_of(config));
}

}  // namespace holdfast::service

#include "service/logging.hpp"

#include "telemetry/log.hpp"

namespace holdfast::service {
namespace {

Level level_of(const std::string& name) {
  if (name == "debug") return Level::debug;
  if (name == "warning") return Level::warning;
  return name == "error" ? Level::error : Level::info;
}

telemetry::LogFormat format_of(const std::string& name) {
  if (name == "json") return telemetry::LogFormat::json;
  return name == "text" ? telemetry::LogFormat::text : telemetry::LogFormat::automatic;
}

}  // namespace

LogSink log_to_stderr(const Config& config, const std::string& name) {
  return telemetry::stderr_sink(name, format_of(config.text("log.format")), level_of(config.text("log.level")));
}

}  // namespace holdfast::service

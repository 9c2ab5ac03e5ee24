#include "telemetry/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>

#include "holdfast/detail/json.hpp"

namespace holdfast::telemetry {
namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: break;
  }
  return spdlog::level::err;
}

std::string as_text(const LogLine& line) {
  std::string out(line.text);
  for (const auto& [name, value] : line.fields) out += "  " + std::string(name) + "=" + value;
  return out;
}

std::string as_json(const LogLine& line) {  // the members after "ts", "level" and "name", which the pattern writes
  detail::JsonWriter out;
  out.begin_object();
  out.name("text"), out.string(line.text);
  for (const auto& [name, value] : line.fields) out.name(name), out.string(value);
  out.end_object();
  return out.take().substr(1);
}

}  // namespace

LogSink stderr_sink(std::string name, LogFormat format, Level least) {
  if (format == LogFormat::automatic) format = isatty(STDERR_FILENO) != 0 ? LogFormat::text : LogFormat::json;
  const bool json = format == LogFormat::json;
  auto logger = std::make_shared<spdlog::logger>(std::move(name), std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern(json ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","name":"%n",%v)" : "%H:%M:%S.%e %-7l %n  %v",
                      json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local);
  logger->set_level(level_of(least));
  return [logger, json](const LogLine& line) {
    const auto level = level_of(line.level);
    if (logger->should_log(level)) logger->log(level, spdlog::string_view_t(json ? as_json(line) : as_text(line)));
  };
}

}  // namespace holdfast::telemetry

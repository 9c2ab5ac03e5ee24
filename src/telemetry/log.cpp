#include "telemetry/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "event/utf8.hpp"
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

/// Whatever a handler or a broker said, on one line.
std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return out;
}

std::string as_text(const LogLine& line) {
  std::string out = one_line(line.text);
  for (const auto& [name, value] : line.fields) out += "  " + std::string(name) + "=" + one_line(value);
  return out;
}

/// The members after "ts" and "level", which the pattern writes.
std::string as_json(const std::string& program, const LogLine& line) {
  detail::JsonWriter out;
  const auto member = [&](std::string_view name, std::string_view value) {
    out.name(name), out.string(event::fit(value, value.size() * 3));
  };
  out.begin_object();
  member("name", program), member("text", line.text);
  for (const auto& [name, value] : line.fields) member(name, value);
  out.end_object();
  return out.take().substr(1);
}

}  // namespace

LogSink stderr_sink(std::string name, LogFormat format, Level least) {
  if (format == LogFormat::automatic) format = isatty(STDERR_FILENO) != 0 ? LogFormat::text : LogFormat::json;
  const bool json = format == LogFormat::json;
  auto logger = std::make_shared<spdlog::logger>(name, std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern(json ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v)" : "%H:%M:%S.%e %-7l %n  %v",
                      json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local);
  logger->set_level(level_of(least));
  return [logger, json, name = std::move(name)](const LogLine& line) {
    const auto level = level_of(line.level);
    if (logger->should_log(level))
      logger->log(level, spdlog::string_view_t(json ? as_json(name, line) : as_text(line)));
  };
}

}  // namespace holdfast::telemetry

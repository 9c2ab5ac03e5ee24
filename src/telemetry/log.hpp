// Log lines of Holdfast: one sentence and named fields, to the user's sink or to stderr. Thread-safe.
#pragma once
#include <initializer_list>

#include "holdfast/log.hpp"

namespace holdfast::telemetry {

enum class LogFormat { automatic, text, json };  // automatic: text on a terminal, else JSON lines

/// To stderr. name: the program's, in each line.
LogSink stderr_sink(std::string name, LogFormat format = LogFormat::automatic, Level least = Level::info);

class Log {
 public:
  using Field = std::pair<std::string_view, std::string>;
  explicit Log(LogSink sink, Level least = Level::debug) : sink_(std::move(sink)), least_(least) {}

  bool wants(Level level) const { return sink_ && level >= least_; }
  void debug(std::string_view text, std::initializer_list<Field> fields = {}) const {
    write(Level::debug, text, {fields.begin(), fields.size()});
  }
  void info(std::string_view text, std::initializer_list<Field> fields = {}) const {
    write(Level::info, text, {fields.begin(), fields.size()});
  }
  void warning(std::string_view text, std::initializer_list<Field> fields = {}) const {
    write(Level::warning, text, {fields.begin(), fields.size()});
  }
  void error(std::string_view text, std::initializer_list<Field> fields = {}) const {
    write(Level::error, text, {fields.begin(), fields.size()});
  }
  /// A sink that throws must stop no thread of ours; there is nobody left to tell.
  void write(Level level, std::string_view text, std::span<const Field> fields) const noexcept {
    try {
      if (wants(level)) sink_({level, text, fields});
    } catch (...) {}
  }

 private:
  LogSink sink_;
  Level least_;
};

}  // namespace holdfast::telemetry

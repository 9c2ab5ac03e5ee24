// Log lines: one line each, whatever is in them.
#include "telemetry/log.hpp"

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>

#include "holdfast/detail/json.hpp"
#include "telemetry/metrics.hpp"

namespace holdfast::telemetry {
namespace {

std::string written(LogFormat format, const std::string& name, Level level, const std::string& text,
                    const std::string& error) {
  testing::internal::CaptureStderr();
  const Log log(stderr_sink(name, format));
  if (level == Level::error) log.error(text, {{"error", error}});
  else log.debug(text, {{"error", error}});
  return testing::internal::GetCapturedStderr();
}

TEST(Log, JsonLineIsJsonWhateverWasSaid) {
  const auto line = written(LogFormat::json, R"(a "service")", Level::error, "it failed", "\xff\xfe \"quoted\"\nnext");
  ASSERT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const auto json = detail::JsonValue::parse(line.substr(0, line.size() - 1));
  (void)json;
  EXPECT_NE(line.find(R"("name":"a \"service\"","text":"it failed","error":)"), std::string::npos) << line;
  EXPECT_NE(line.find(R"(\"quoted\"\nnext)"), std::string::npos) << line;
}

TEST(Log, TextLineIsOneLine) {
  const auto line = written(LogFormat::text, "service", Level::error, "it failed", "first\nforged  level=error");
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  EXPECT_NE(line.find("it failed  error=first forged"), std::string::npos) << line;
}

/// What a program whose stderr is this end says; it is read at the other end.
std::string said_to(int end, int other_end) {
  const int before = dup(STDERR_FILENO);
  dup2(end, STDERR_FILENO);
  Log(stderr_sink("service")).info("hello");
  dup2(before, STDERR_FILENO), close(before);
  std::string line(200, ' ');
  line.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(other_end, line.data(), line.size()))));
  close(end), close(other_end);
  return line;
}

TEST(Log, ATerminalGetsTextAndAnythingElseJson) {
  int ends[2];
  ASSERT_EQ(openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr), 0);
  EXPECT_TRUE(said_to(ends[1], ends[0]).ends_with(" service  hello\r\n"));
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_TRUE(said_to(ends[1], ends[0])
                  .ends_with(R"("name":"service","text":"hello"})"
                             "\n"));
}

TEST(Log, BelowTheLevelIsSilent) { EXPECT_EQ(written(LogFormat::json, "s", Level::debug, "detail", ""), ""); }

TEST(Log, ASinkThatThrowsStopsNobody) {
  int lines = 0;
  const Log log([&](const LogLine&) {
    ++lines;
    throw std::runtime_error("the disk is full");
  });
  log.info("one");
  log.error("two");
  EXPECT_EQ(lines, 2);
}

TEST(Metrics, OneSeriesForEachSetOfLabelsHoweverOftenAskedFor) {
  Metrics metrics;
  metrics.counter("holdfast_x_total", "xs", {{"consumer", "a"}}).add(2);
  metrics.counter("holdfast_x_total", "xs", {{"consumer", "a"}}).add();
  metrics.counter("holdfast_x_total", "xs", {{"consumer", "b"}}).add();
  metrics.gauge("holdfast_y", "y").set(0.5);
  metrics.histogram("holdfast_z_seconds", "z").observe(0.02);
  const auto text = metrics.text();
  EXPECT_NE(text.find("holdfast_x_total{consumer=\"a\"} 3"), std::string::npos) << text;
  EXPECT_NE(text.find("holdfast_x_total{consumer=\"b\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("holdfast_y 0.5"), std::string::npos) << text;
  EXPECT_NE(text.find("holdfast_z_seconds_bucket{le=\"0.025\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("holdfast_z_seconds_bucket{le=\"0.01\"} 0"), std::string::npos) << text;
}

}  // namespace
}  // namespace holdfast::telemetry

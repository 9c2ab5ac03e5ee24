// The way of spans to a collector: in batches, and never at the cost of whoever records them.
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>

#include "holdfast/http.hpp"
#include "holdfast/otlp.hpp"
#include "unit/telemetry/otlp_reader.hpp"

namespace holdfast::http {
namespace {

using namespace std::chrono_literals;

/// A collector of the test's own, on a port that it keeps.
struct Collector {
  explicit Collector(const std::string& listen = "127.0.0.1:0") : server({.listen = listen}) {
    server.on("POST", "/v1/traces", [this](const Request& request) { return take(request); });
    server.start();
  }
  Response take(const Request& request) {
    const std::lock_guard lock(mutex);
    ++posts;
    if (answer == 200) {
      const auto batch = telemetry::read_otlp(request.body);
      service = batch.service;
      for (const auto& span : batch.spans) names.push_back(span.name);
    }
    changed.notify_all();
    return {answer, {}, ""};
  }
  bool until(const std::function<bool()>& holds) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 60s, holds);
  }
  void answers(int status) {
    const std::lock_guard lock(mutex);
    answer = status;
  }

  std::mutex mutex;
  std::condition_variable changed;
  int answer = 200, posts = 0;
  std::string service;
  std::vector<std::string> names;
  Server server;
};

Span named(const std::string& name) {
  Span span;
  span.context = SpanContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  span.name = name;
  return span;
}

OtlpOptions to(const std::string& url) {
  return {.endpoint = url,
          .service = "test",
          .queue = 100,
          .batch = 10,
          .interval = 1ms,
          .retry_first = 1ms,
          .retry_most = 1ms};
}

TEST(OtlpExporter, SendsWhatItIsGivenInItsOrder) {
  Collector collector;
  std::vector<std::string> expected;
  {
    const auto sink = otlp_exporter(to(collector.server.url()));
    for (int i = 0; i < 57; ++i) sink->record(named(expected.emplace_back("span " + std::to_string(i))));
  }
  EXPECT_EQ(collector.names, expected) << "its end sends what is left";
  EXPECT_EQ(collector.service, "test");
}

TEST(OtlpExporter, ACollectorThatIsAwayCostsOnlySpansAndEachIsCounted) {
  const auto url = std::make_unique<Collector>()->server.url();  // nobody is there any more
  const auto sink = otlp_exporter(to(url));
  for (int i = 0; i < 1'000; ++i) sink->record(named("lost"));  // returns: it never waits
  EXPECT_GE(sink->dropped(), 1'000u - 200u) << "what waits and what was taken are two queues at most";
}

TEST(OtlpExporter, WhatWaitedIsSentWhenTheCollectorIsBack) {
  Collector collector;
  collector.answers(503);
  const auto sink = otlp_exporter(to(collector.server.url()));
  for (int i = 0; i < 20; ++i) sink->record(named("late"));
  ASSERT_TRUE(collector.until([&] { return collector.posts > 2; }));
  collector.answers(200);
  EXPECT_TRUE(collector.until([&] { return collector.names.size() == 20; }));
  EXPECT_EQ(sink->dropped(), 0u);
}

TEST(OtlpExporter, WhatACollectorRefusesIsNotSentAgain) {
  Collector collector;
  collector.answers(400);
  const auto sink = otlp_exporter(to(collector.server.url()));
  sink->record(named("bad"));
  ASSERT_TRUE(collector.until([&] { return collector.posts == 1; }));
  collector.answers(200);
  sink->record(named("good"));
  ASSERT_TRUE(collector.until([&] { return !collector.names.empty(); }));
  EXPECT_EQ(collector.names, std::vector<std::string>{"good"});
  EXPECT_EQ(sink->dropped(), 1u);
}

TEST(OtlpExporter, ACollectorThatHangsHoldsUpNobodyAndNotTheEnd) {
  std::promise<void> let_go;
  Server hanging({.listen = "127.0.0.1:0"});
  hanging.on("POST", "/v1/traces", [gone = let_go.get_future().share()](const Request&) -> Response {
    gone.wait();
    return {200, {}, ""};
  });
  hanging.start();
  {
    auto options = to(hanging.url());
    options.timeout = 50ms;
    const auto sink = otlp_exporter(std::move(options));
    for (int i = 0; i < 1'000; ++i) sink->record(named("lost"));
    EXPECT_GE(sink->dropped(), 800u);
  }
  let_go.set_value();
}

TEST(OtlpExporter, AnEndpointThatCannotBeSpokenToIsRefused) {
  for (const char* bad : {"", "localhost:4317", "https://collector:4318", "http://"})
    EXPECT_THROW(otlp_exporter({.endpoint = bad}), Invalid) << bad;
}

TEST(OtlpExporter, ThePathIsAddedUnlessItIsThere) {
  Collector collector;
  otlp_exporter(to(collector.server.url() + "/"))->record(named("slash"));
  otlp_exporter(to(collector.server.url() + "/v1/traces"))->record(named("whole"));
  EXPECT_EQ(collector.names, (std::vector<std::string>{"slash", "whole"}));
}

}  // namespace
}  // namespace holdfast::http

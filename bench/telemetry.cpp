// What spans cost: each event of the same work has two or three of them, sent to a collector that throws them away; in turn with runs
// without.
#include <atomic>
#include <filesystem>

#include "bench/bench.hpp"
#include "holdfast/http.hpp"
#include "holdfast/otlp.hpp"

namespace holdfast::bench {
namespace {

constexpr int rounds = 5;
constexpr double goal = 0.95;

class Collector {
 public:
  Collector() : server_({.listen = "127.0.0.1:0", .max_body = 16 << 20}) {
    server_.on("POST", "/v1/traces", [this](const http::Request& request) {
      bytes_ += request.body.size();
      return http::Response{};
    });
    server_.start();
  }
  std::shared_ptr<SpanSink> sink() const { return otlp_exporter({.endpoint = server_.url(), .service = "bench"}); }
  std::size_t bytes() const { return bytes_; }

 private:
  http::Server server_;
  std::atomic<std::size_t> bytes_ = 0;
};

template <class Rate>
void pair(Report& report, const Collector& collector, const std::string& what, int events, Rate rate) {
  std::vector<double> without, with;
  std::uint64_t dropped = 0;
  const auto before = collector.bytes();
  for (int round = 0; round < rounds; ++round) {
    without.push_back(rate(2 * round, Tracing{}));
    const auto sink = collector.sink();
    with.push_back(rate(2 * round + 1, Tracing{sink}));
    dropped += sink->dropped();
  }
  report.add({what + " with spans", median(with), "events/s", median(without), "the same without", goal});
  const auto bytes = static_cast<double>(collector.bytes() - before) / rounds / events;
  report.add({what + ", sent to the collector", bytes, "bytes an event", 0, ""});
  report.add({what + ", spans dropped", static_cast<double>(dropped), "spans", 0, ""});
}

}  // namespace

void measure_telemetry(Report& report, Servers& servers, const std::filesystem::path& folder, int events) {
  const Collector collector;
  pair(report, collector, "relay to RabbitMQ", events, [&](int run, const Tracing& trace) {
    return relay_rate(servers, "spans_" + std::to_string(run), events, trace);
  });
  pair(report, collector, "file bus, relay to committed effect", events / 2, [&](int run, const Tracing& trace) {
    const auto own = folder / ("spans_" + std::to_string(run));
    std::filesystem::create_directory(own);
    return bus_rate(own, events / 2, trace);
  });
}

}  // namespace holdfast::bench

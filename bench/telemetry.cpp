// What telemetry costs: each event of the same work has two or three spans, sent to a collector that throws them away, and /metrics is
// asked for each second; in turn with runs without. The collector of the relay and of the bus is in this process, so what it uses
// counts as telemetry too.
#include <atomic>
#include <filesystem>

#include "bench/bench.hpp"
#include "holdfast/http.hpp"
#include "holdfast/otlp.hpp"

namespace holdfast::bench {
namespace {

constexpr int pairs = 11;
constexpr double percent = 100, goal = 95, micro = 1e6;

class Collector {
 public:
  Collector() : server_({.listen = "127.0.0.1:0", .workers = 1, .max_body = 16 << 20}) {
    server_.on("POST", "/v1/traces", [this](const http::Request& request) {
      bytes_ += request.body.size();
      return http::Response{};
    });
    server_.start();
  }
  std::string url() const { return server_.url(); }
  std::size_t bytes() const { return bytes_; }

 private:
  http::Server server_;
  std::atomic<std::size_t> bytes_ = 0;
};

/// Runs with and without, in turn, who goes first changing with each pair; the machine's mood is shared by the two of a pair.
struct Pairs {
  std::vector<double> without, with, kept, more_cpu;

  template <class Work>
  explicit Pairs(Work rate) {
    for (int i = 0; i < pairs; ++i) {
      Rate both[2];  // without, with
      for (const bool on : {i % 2 == 1, i % 2 == 0}) both[on] = rate(2 * i + static_cast<int>(on), on);
      without.push_back(both[0].events_a_second), with.push_back(both[1].events_a_second);
      kept.push_back(percent * both[1].events_a_second / both[0].events_a_second);
      more_cpu.push_back(micro * (both[1].cpu_seconds - both[0].cpu_seconds));
      cpu.push_back(micro * both[0].cpu_seconds);
    }
  }
  std::vector<double> cpu;
};

void add(Report& report, const std::string& what, const Pairs& p, double wanted) {
  report.add({what + ", without", median(p.without), "events/s", 0, ""});
  report.add({what + ", with", median(p.with), "events/s", 0, ""});
  report.add({what + ", kept, median of the pairs", median(p.kept), "%", 0, "", wanted});
  report.add({what + ", processor without", median(p.cpu), "us/event", 0, ""});
  report.add({what + ", processor more with", median(p.more_cpu), "us/event", 0, ""});
}

/// rate: of one run, by its number and what is on.
template <class Work>
void in_process(Report& report, const Collector& collector, const std::string& what, int events, double sample,
                Work rate) {
  std::uint64_t dropped = 0;
  const auto before = collector.bytes();
  const Pairs p([&](int run, bool on) {
    if (!on) return rate(run, Telemetry{});
    const auto sink = otlp_exporter({.endpoint = collector.url(), .service = "bench"});
    const Rate measured = rate(run, Telemetry{{sink, sample}, true});
    dropped += sink->dropped();
    return measured;
  });
  add(report, what, p, goal);
  report.add(
      {what + ", spans", static_cast<double>(collector.bytes() - before) / pairs / events, "bytes an event", 0, ""});
  report.add({what + ", spans dropped", static_cast<double>(dropped), "spans", 0, ""});
}

}  // namespace

void measure_telemetry(Report& report, Servers& servers, const std::filesystem::path& folder,
                       const std::filesystem::path& programs, int events) {
  const Collector collector;
  in_process(report, collector, "relay to RabbitMQ", events, 1, [&](int run, const Telemetry& telemetry) {
    return relay_rate(servers, "spans_" + std::to_string(run), events, telemetry);
  });
  const Pairs consumer([&](int run, bool on) {
    return consumer_rate(servers, folder, programs, "effects_" + std::to_string(run), events,
                         on ? collector.url() : "");
  });
  add(report, "consumer on RabbitMQ and PostgreSQL", consumer, goal);
  int folders = 0;
  const auto bus = [&](int, const Telemetry& telemetry) {
    const auto own = folder / ("spans_" + std::to_string(folders++));
    std::filesystem::create_directory(own);
    return bus_rate(own, events, telemetry);
  };
  in_process(report, collector, "file bus, relay and consumer", events, 1, bus);
  in_process(report, collector, "file bus, one trace in ten", events, 0.1, bus);
}

}  // namespace holdfast::bench

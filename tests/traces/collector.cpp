#include "traces/collector.hpp"

#include <cstdlib>
#include <fstream>
#include <thread>

#include "demo/servers/free_port.hpp"
#include "holdfast/errors.hpp"
#include "http/client.hpp"

namespace holdfast::traces_test {
namespace {

using namespace std::chrono_literals;

void await(const std::string& url, demo::Process& process) {
  for (const auto end = std::chrono::steady_clock::now() + 60s; std::chrono::steady_clock::now() < end;) try {
      http::Client(url).get("/");
      return;
    } catch (const Unavailable&) {
      if (!process.running()) throw Unavailable("the collector ended; its log is in otelcol.log");
      std::this_thread::sleep_for(20ms);
    }
  throw Unavailable("the collector does not answer");
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

std::filesystem::path Collector::program() {
  const char* named = std::getenv("HOLDFAST_OTELCOL");
  const std::filesystem::path path(named ? named : HOLDFAST_SOURCE_DIR "/build/otelcol");
  return std::filesystem::exists(path) ? path : std::filesystem::path();
}

Collector::Collector(const std::filesystem::path& folder)
    : folder_(folder),
      sink_({.listen = "127.0.0.1:0", .max_body = 16 << 20}),
      url_("http://127.0.0.1:" + std::to_string(servers::free_port())),
      process_(command()) {
  await(url_, process_);
}

demo::Command Collector::command() {
  sink_.on("POST", "/v1/traces", [this](const http::Request& request) { return take(request); });
  sink_.start();
  const auto config = (folder_ / "otelcol.yaml").string();
  std::ofstream(config) << "receivers: {otlp: {protocols: {http: {endpoint: \"" << url_.substr(7) << "\"}}}}\n"
                        << "exporters: {otlp_http: {endpoint: \"" << sink_.url()
                        << "\", encoding: json, compression: none, sending_queue: {enabled: false}}}\n"
                        << "service: {telemetry: {metrics: {level: none}, logs: {level: warn}},\n"
                        << "  pipelines: {traces: {receivers: [otlp], exporters: [otlp_http]}}}\n";
  return {program().string(), {"--config", config}, {}, (folder_ / "otelcol.log").string()};
}

http::Response Collector::take(const http::Request& request) {
  const std::lock_guard lock(mutex_);
  std::ofstream(file(), std::ios::app) << request.body << "\n";
  all_ += request.body;
  changed_.notify_all();
  return http::Response{200, {{"content-type", "application/json"}}, "{}"};
}

bool Collector::has(const std::string& part, std::size_t times) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, 60s, [&] { return count(all_, part) >= times; });
}

}  // namespace holdfast::traces_test

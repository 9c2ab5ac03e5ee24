#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "holdfast/otlp.hpp"
#include "http/client.hpp"
#include "http/collector.hpp"
#include "http/uri.hpp"
#include "telemetry/log.hpp"
#include "telemetry/otlp.hpp"

namespace holdfast {
namespace {

using Spans = std::vector<Span>;
constexpr std::string_view traces_path = "/v1/traces";

/// Where the spans go: as OTEL_EXPORTER_OTLP_ENDPOINT has it, the path is added, unless it is there.
std::string target_of(const std::string& endpoint) {
  const auto target = http::split_target(endpoint);
  std::string path(target ? target->path : "");
  while (path.ends_with('/')) path.pop_back();
  return path.ends_with(traces_path) ? path : path + std::string(traces_path);
}

bool may_pass(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

OtlpOptions checked(OtlpOptions options) {
  http::require_collector(options.endpoint);
  if (options.batch < 1 || options.queue < options.batch)
    throw Invalid("queue", "a batch is at least 1 span, and the queue at least a batch");
  return options;
}

class Exporter final : public SpanSink {
 public:
  explicit Exporter(OtlpOptions options)
      : options_(checked(std::move(options))),
        log_(options_.log),
        target_(target_of(options_.endpoint)),
        client_(options_.endpoint, options_.timeout) {
    waiting_.reserve(options_.queue), taken_.reserve(options_.queue);  // recording moves none
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  }

  void record(Span span) noexcept override {
    bool full_batch = false;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() >= options_.queue) return drop(1);
      waiting_.push_back(std::move(span));
      full_batch = waiting_.size() == options_.batch;
    }
    if (full_batch) changed_.notify_one();
  }
  std::uint64_t dropped() const noexcept override { return dropped_; }

 private:
  enum class Sent { yes, refused, away };

  void work(const std::stop_token& stop) {
    for (bool going = true; going;) {
      take(stop);
      going = !stop.stop_requested();
      if (!send(stop)) break;
    }
  }

  void take(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, options_.interval, [this] { return waiting_.size() >= options_.batch; });
    std::swap(waiting_, taken_);
  }

  /// false: the collector is away, and this is the end.
  bool send(const std::stop_token& stop) {
    auto pause = options_.retry_first;
    for (std::span<const Span> left = taken_; !left.empty();) {
      const auto batch = left.first(std::min(left.size(), options_.batch));
      const Sent sent = post(batch);
      if (sent == Sent::away) {
        if (stop.stop_requested()) return false;
        wait(stop, pause);
        pause = std::min(pause * 2, options_.retry_most);
        continue;
      }
      if (sent == Sent::refused) drop(batch.size());
      left = left.subspan(batch.size());
    }
    taken_.clear();
    return true;
  }

  Sent post(std::span<const Span> batch) {
    std::string why;
    Sent sent = Sent::away;
    try {
      const auto answer = client_.post(target_, telemetry::to_otlp(options_.service, batch),
                                       {{"content-type", telemetry::otlp_content_type}});
      if (answer.status / 100 == 2) sent = Sent::yes;
      else if (!may_pass(answer.status)) sent = Sent::refused;
      why = "it answered " + std::to_string(answer.status);
    } catch (const std::exception& failed) { why = failed.what(); }
    tell(sent, why);
    return sent;
  }

  /// Once for each change.
  void tell(Sent sent, const std::string& why) {
    if (std::exchange(last_, sent) == sent) return;
    const auto dropped = std::to_string(dropped_.load());
    if (sent == Sent::yes) log_.info("the trace collector takes spans", {{"dropped", dropped}});
    else if (sent == Sent::away)
      log_.warning("the trace collector is away; spans wait, and more than fit are dropped",
                   {{"why", why}, {"collector", options_.endpoint}, {"dropped", dropped}});
    else
      log_.warning("the trace collector refuses spans; they are dropped",
                   {{"why", why}, {"collector", options_.endpoint}, {"dropped", dropped}});
  }

  void wait(const std::stop_token& stop, std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, pause, [] { return false; });
  }
  void drop(std::size_t spans) noexcept { dropped_ += spans; }

  const OtlpOptions options_;
  const telemetry::Log log_;
  const std::string target_;
  http::Client client_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Spans waiting_;
  Spans taken_;  // of the thread
  std::atomic<std::uint64_t> dropped_ = 0;
  Sent last_ = Sent::yes;
  std::jthread thread_;
};

}  // namespace

void http::require_collector(const std::string& endpoint) {
  if (!endpoint.starts_with("http://"))
    throw Invalid("endpoint", "'" + endpoint +
                                  "' cannot be spoken to: write http://host:port of a collector beside this "
                                  "program. It passes on to elsewhere; OTLP over gRPC or TLS is not spoken here");
  (void)Client(endpoint);  // reads it, and does not connect
}

std::shared_ptr<SpanSink> otlp_exporter(OtlpOptions options) { return std::make_shared<Exporter>(std::move(options)); }

}  // namespace holdfast

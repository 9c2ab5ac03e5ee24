#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
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

struct Batch {
  std::string spans;  // as OTLP has them
  std::size_t count = 0;
};
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
        request_{"POST", target_of(options_.endpoint), {{"content-type", telemetry::otlp_content_type}}},
        client_(options_.endpoint, options_.timeout) {
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  }

  /// Written as OTLP at once, on the thread that has the span in its cache and frees it where it was made.
  void record(Span span) noexcept override {
    if (count_ >= options_.queue) return drop(1);  // at no further cost while the collector is away
    try {
      thread_local std::string text;
      text.clear();
      telemetry::append_otlp(text, span);
      if (add(text)) changed_.notify_one();
    } catch (const std::bad_alloc&) { drop(1); }
  }
  std::uint64_t dropped() const noexcept override { return dropped_; }

 private:
  enum class Sent { yes, refused, away };

  /// true: a batch is full.
  bool add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (count_ >= options_.queue) return drop(1), false;
    if (waiting_.empty() || waiting_.back().count == options_.batch) begin_batch();
    Batch& last = waiting_.back();
    last.spans += text;
    ++count_;
    return ++last.count == options_.batch;
  }
  void begin_batch() {
    waiting_.emplace_back();
    std::swap(waiting_.back().spans, spare_);  // memory of a batch that was sent
    waiting_.back().spans.clear();
  }

  void work(const std::stop_token& stop) {
    for (bool going = true; going;) {
      take(stop);
      going = !stop.stop_requested();
      for (; !taken_.empty(); taken_.pop_front())
        if (!send(taken_.front(), stop)) return;
    }
  }

  void take(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, options_.interval,
                      [this] { return !waiting_.empty() && waiting_.front().count == options_.batch; });
    std::swap(waiting_, taken_);
  }

  /// false: the collector is away, and this is the end.
  bool send(Batch& batch, const std::stop_token& stop) {
    Sent sent = Sent::away;
    for (auto pause = options_.retry_first; (sent = post(batch.spans)) == Sent::away;
         pause = std::min(pause * 2, options_.retry_most)) {
      if (stop.stop_requested()) return false;
      wait(stop, pause);
    }
    if (sent == Sent::refused) drop(batch.count);
    const std::lock_guard lock(mutex_);
    count_ -= batch.count;
    spare_ = std::move(batch.spans);
    return true;
  }

  Sent post(const std::string& spans) {
    std::string why;
    Sent sent = Sent::away;
    try {
      telemetry::otlp_body(request_.body, options_.service, spans);
      const auto answer = client_.send(request_);
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
                   {{"error", why}, {"collector", options_.endpoint}, {"dropped", dropped}});
    else
      log_.warning("the trace collector refuses spans; they are dropped",
                   {{"error", why}, {"collector", options_.endpoint}, {"dropped", dropped}});
  }

  void wait(const std::stop_token& stop, std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, pause, [] { return false; });
  }
  void drop(std::size_t spans) noexcept { dropped_ += spans; }

  const OtlpOptions options_;
  const telemetry::Log log_;
  http::Request request_;  // of the thread, as are those below
  http::Client client_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Batch> waiting_;  // the last one is being filled
  std::string spare_;
  std::deque<Batch> taken_;  // of the thread
  std::atomic<std::size_t> count_ = 0;  // spans of both
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

// A sink that keeps what it is given, for a test that waits for so many and then looks how they hang together.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "holdfast/trace.hpp"

namespace holdfast::host_test {

class KeptSpans : public SpanSink {
 public:
  void record(Span span) noexcept override {
    const std::lock_guard lock(mutex_);
    spans_.push_back(std::move(span));
    changed_.notify_all();
  }
  std::uint64_t dropped() const noexcept override { return lost; }
  std::atomic<std::uint64_t> lost = 0;
  /// Those whose name begins so, once there are as many; fewer: not within a minute.
  std::vector<Span> named(const std::string& name, std::size_t count) {
    std::unique_lock lock(mutex_);
    std::vector<Span> found;
    changed_.wait_for(lock, std::chrono::minutes(1), [&] {
      found.clear();
      std::ranges::copy_if(spans_, std::back_inserter(found), [&](const Span& s) { return s.name.starts_with(name); });
      return found.size() >= count;
    });
    return found;
  }
  std::vector<Span> all() {
    const std::lock_guard lock(mutex_);
    return spans_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Span> spans_;
};

inline bool continues(const Span& child, const Span& parent) {
  return child.context.trace_id == parent.context.trace_id && child.parent == parent.context.span_id;
}
inline bool is_linked(const Span& span, const Span& to) {
  return std::ranges::find(span.links, to.context) != span.links.end();
}

}  // namespace holdfast::host_test

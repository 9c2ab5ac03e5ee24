// A real OpenTelemetry Collector: takes what our programs send, and passes it on to this test, which keeps it in a file.
#pragma once
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include "demo/process.hpp"
#include "holdfast/http.hpp"

namespace holdfast::traces_test {

class Collector {
 public:
  /// Where the program is that `dev test` builds, or HOLDFAST_OTELCOL. Empty: it is not there.
  static std::filesystem::path program();

  explicit Collector(const std::filesystem::path& folder);  // started; returns when it answers
  std::string url() const { return url_; }
  std::string file() const { return (folder_ / "traces.jsonl").string(); }
  /// What has come holds this so many times; false: not within a minute.
  bool has(const std::string& part, std::size_t times);

 private:
  demo::Command command();
  http::Response take(const http::Request& request);

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string all_;
  http::Server sink_;
  std::string url_;
  demo::Process process_;
};

}  // namespace holdfast::traces_test

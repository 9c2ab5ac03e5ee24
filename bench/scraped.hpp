// A Prometheus that is in a hurry: asks for /metrics each second while it lives.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "holdfast/host.hpp"
#include "holdfast/http.hpp"
#include "http/client.hpp"
#include "service/health.hpp"

namespace holdfast::bench {

class Scraping {
 public:
  /// url: "" = asks nobody.
  explicit Scraping(const std::string& url) {
    if (!url.empty()) thread_ = std::jthread([this, url](const std::stop_token& stop) { work(url, stop); });
  }

 private:
  void work(const std::string& url, const std::stop_token& stop) {
    http::Client client(url);
    for (std::unique_lock lock(mutex_); !stop.stop_requested();) {
      (void)client.get("/metrics");
      changed_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

/// A host of this process, served and asked.
class Scraped {
 public:
  Scraped(Host& host, bool wanted) {
    if (!wanted) return;
    server_.emplace(http::ServerOptions{.listen = "127.0.0.1:0", .workers = 1});
    service::serve_health(host, *server_);
    server_->start();
    scraping_.emplace(server_->url());
  }

 private:
  std::optional<http::Server> server_;
  std::optional<Scraping> scraping_;  // ends first
};

}  // namespace holdfast::bench

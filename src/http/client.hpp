// A small blocking HTTP/1.1 client that keeps its connection: for the demo, the command and tests. No TLS.
//
//   holdfast::http::Client client("http://127.0.0.1:8081");
//   auto placed = client.post("/orders", json, {{"idempotency-key", "7"}});
//
// One thread at a time. Unavailable: no connection, broken off, or no answer in time; a POST may then have been done
// or not. GET and PUT are sent again once when a kept connection turns out to be closed; a POST never.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "holdfast/http.hpp"

namespace holdfast::http {

class Client {
 public:
  explicit Client(std::string url, std::chrono::milliseconds timeout = std::chrono::seconds(10));
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  Response get(const std::string& target);
  Response post(const std::string& target, std::string body, Headers headers = {});
  Response put(const std::string& target, std::string body, Headers headers = {});
  Response send(const Request& request);  // answers of any status; header names in lower case

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::http

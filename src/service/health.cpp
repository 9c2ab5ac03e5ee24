#include "service/health.hpp"

namespace holdfast::service {
namespace {

struct Body {
  std::string status, detail;
};

http::Response answer(bool good, const std::string& detail) {
  auto response = http::Response::json(Body{good ? "ok" : "unavailable", detail}, good ? 200 : 503);
  if (!good) response.headers["retry-after"] = "1";
  return response;
}

}  // namespace

void serve_health(Host& host, http::Server& server) {
  server.on("GET", "/health/live", [&host](const http::Request&) { return answer(host.health().live, ""); });
  server.on("GET", "/health/ready", [&host](const http::Request&) {
    const Health health = host.health();
    return answer(health.ready, health.detail);
  });
  server.on("GET", "/metrics", [&host](const http::Request&) {
    return http::Response{200, {{"content-type", "text/plain; version=0.0.4"}}, host.metrics()};
  });
}

}  // namespace holdfast::service

// GET /health/live, /health/ready and /metrics of a service.
#pragma once
#include "holdfast/host.hpp"
#include "holdfast/http.hpp"

namespace holdfast::service {

void serve_health(Host& host, http::Server& server);

}  // namespace holdfast::service

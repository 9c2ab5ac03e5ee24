// What each key of a service sets: the one place where keys become options. A test turns each of them and looks.
#pragma once
#include <optional>

#include "connect/connect.hpp"
#include "holdfast/host.hpp"
#include "holdfast/http.hpp"
#include "service/config.hpp"

namespace holdfast::service {

connect::StoreLimits store_limits(const Config& config);
connect::BrokerOptions broker_options(const Config& config);

/// Opens store and transport; touches nothing.
HostOptions host_options(const Config& config);
http::ServerOptions http_options(const Config& config, const LogSink& log);
/// Of `holdfast relay`, for its health and metrics. None: it has no address.
std::optional<http::ServerOptions> relay_http_options(const Config& config, const LogSink& log);

}  // namespace holdfast::service

// The payment service: what main() and its test put into a host. The gateway must outlive the host.
#pragma once
#include <holdfast/host.hpp>
#include <holdfast/http.hpp>

#include "payment/gateway.hpp"

namespace shop::payment {

void install(holdfast::Host& host, holdfast::http::Server& http, Gateway& gateway);

}  // namespace shop::payment

// payment over HTTP: GET /payments/{orderId}.
#pragma once
#include <holdfast/host.hpp>
#include <holdfast/http.hpp>

namespace shop::payment {

void serve(holdfast::Host& host, holdfast::http::Server& http);

}  // namespace shop::payment

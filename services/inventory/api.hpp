// inventory over HTTP: GET /stock, GET and PUT /stock/{productId}.
#pragma once
#include <holdfast/host.hpp>
#include <holdfast/http.hpp>

namespace shop::inventory {

void serve(holdfast::Host& host, holdfast::http::Server& http);

}  // namespace shop::inventory

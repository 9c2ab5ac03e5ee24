// order over HTTP: POST /orders, GET /orders/{id}, GET /orders?after=&limit=.
#pragma once
#include <holdfast/host.hpp>
#include <holdfast/http.hpp>

namespace shop::order {

void serve(holdfast::Host& host, holdfast::http::Server& http);

}  // namespace shop::order

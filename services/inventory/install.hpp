// The inventory service: what main() and its test put into a host.
#pragma once
#include <holdfast/host.hpp>
#include <holdfast/http.hpp>

namespace shop::inventory {

void install(holdfast::Host& host, holdfast::http::Server& http);

}  // namespace shop::inventory

#include "inventory/install.hpp"

#include "inventory/api.hpp"
#include "inventory/reserve.hpp"
#include "inventory/tables.hpp"

namespace shop::inventory {

void install(holdfast::Host& host, holdfast::http::Server& http) {
  create_tables(host.store());
  subscribe(host);
  serve(host, http);
}

}  // namespace shop::inventory

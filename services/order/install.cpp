#include "order/install.hpp"

#include "order/api.hpp"
#include "order/outcomes.hpp"
#include "order/tables.hpp"

namespace shop::order {

void install(holdfast::Host& host, holdfast::http::Server& http) {
  create_tables(host.store());
  subscribe(host);
  serve(host, http);
}

}  // namespace shop::order

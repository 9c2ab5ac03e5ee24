#include "payment/install.hpp"

#include "payment/api.hpp"
#include "payment/charge.hpp"
#include "payment/tables.hpp"

namespace shop::payment {

void install(holdfast::Host& host, holdfast::http::Server& http, Gateway& gateway) {
  create_tables(host.store());
  subscribe(host, gateway);
  serve(host, http);
}

}  // namespace shop::payment

// order.created and order.cancelled at payment. The gateway first, with the event's id as idempotency key; then the transaction.
// They commute: a cancelled order's money is given back, or never taken.
#pragma once
#include <holdfast/host.hpp>

#include "payment/gateway.hpp"

namespace shop::payment {

void subscribe(holdfast::Host& host, Gateway& gateway);

}  // namespace shop::payment

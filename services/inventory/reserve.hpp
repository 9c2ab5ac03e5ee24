// order.created and order.cancelled at inventory. They commute: whatever comes first, and however often, the stock ends the same.
#pragma once
#include <holdfast/host.hpp>

namespace shop::inventory {

void subscribe(holdfast::Host& host);

}  // namespace shop::inventory

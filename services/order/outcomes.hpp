// What stock and payment say of an order: both good confirm it, one bad cancels it. In any order, with duplicates.
#pragma once
#include <holdfast/host.hpp>

namespace shop::order {

void subscribe(holdfast::Host& host);

}  // namespace shop::order

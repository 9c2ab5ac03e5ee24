// What inventory keeps: stock on hand, and for each order what was set aside, or that it was cancelled.
#pragma once
#include <holdfast/store.hpp>

namespace shop::inventory {

void create_tables(holdfast::Store& store);

}  // namespace shop::inventory

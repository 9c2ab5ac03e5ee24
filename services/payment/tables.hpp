// What payment keeps: one row an order, what became of its money.
#pragma once
#include <holdfast/store.hpp>

namespace shop::payment {

void create_tables(holdfast::Store& store);

}  // namespace shop::payment

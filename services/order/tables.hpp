// What order keeps: orders with what is known of stock and payment, and the answers given under an Idempotency-Key.
#pragma once
#include <holdfast/store.hpp>

namespace shop::order {

void create_tables(holdfast::Store& store);

}  // namespace shop::order

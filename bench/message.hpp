// What the bare programs send, as Holdfast would.
#pragma once
#include <string>

namespace holdfast::bench {

struct Message {
  std::string type, id, key, body;
};
/// 400 bytes of payload; the keys of numbers go round.
Message measured(int number, int keys);
/// An order of two products.
Message order_created(int order, int products);

}  // namespace holdfast::bench

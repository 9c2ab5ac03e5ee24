// The options of a transport, read, and its own numbers.
#pragma once
#include "holdfast/rabbitmq.hpp"
#include "ports/publisher.hpp"
#include "transport/rabbitmq/address.hpp"

namespace holdfast::transport::rabbitmq {

struct Settings {
  Address broker = {};
  holdfast::rabbitmq::Options options = {};
  ports::Millis retry_first{250}, retry_most{10'000};  // a receiver's reconnects
  ports::Millis goodbye{3'000};             // to a broker that may stand still, while a program waits to end
  ports::Millis look{500};                  // how often an idle receiver asks whether its queue is empty
  std::size_t window = ports::most_in_flight;  // published and not confirmed
  std::size_t most_unsent = 4 << 20;        // bytes that the broker does not take
  int by_key_prefetch = 256;                // at least: nobody else could have them
};

}  // namespace holdfast::transport::rabbitmq

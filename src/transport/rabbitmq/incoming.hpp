// A delivery put together from its frames: method, header, bodies. Foreign programs may have written any type into a header.
#pragma once
#include <optional>

#include "ports/values.hpp"
#include "transport/rabbitmq/frames.hpp"

namespace holdfast::transport::rabbitmq {

class Incoming {
 public:
  void begin(const amqp_basic_deliver_t& deliver);
  /// A header or body frame; the delivery once it is whole, its session not set.
  std::optional<ports::Delivery> add(const amqp_frame_t& frame);

 private:
  void read(const amqp_basic_properties_t& properties);

  ports::Delivery delivery_;
  std::uint64_t missing_ = 0;
};

/// Every type as text: numbers in digits, tables and arrays as JSON. What is no UTF-8 inside those becomes U+FFFD.
std::string to_text(const amqp_field_value_t& value);

}  // namespace holdfast::transport::rabbitmq

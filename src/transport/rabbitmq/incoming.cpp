#include "transport/rabbitmq/incoming.hpp"

#include <algorithm>
#include <utility>

#include "ports/wire_headers.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

constexpr std::uint64_t most_reserved = 1 << 20;  // the broker's word for a size is not worth more memory
constexpr std::uint64_t latest = 253'402'300'799;  // 9999-12-31; milliseconds, as some write them, are no timestamp

/// Of this delivery, not of the event.
bool counts_deliveries(std::string_view header) { return header == "x-delivery-count" || header == "x-acquired-count"; }

}  // namespace

void Incoming::begin(const amqp_basic_deliver_t& deliver) {
  delivery_ = {};
  delivery_.tag = deliver.delivery_tag;
  delivery_.redelivered = deliver.redelivered != 0;
  delivery_.type = from_amqp(deliver.routing_key);  // where no type is written
}

std::optional<ports::Delivery> Incoming::add(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    missing_ = frame.payload.properties.body_size;
    delivery_.body.reserve(std::min(missing_, most_reserved));
    read(*static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded));
  } else {
    const auto part = from_amqp(frame.payload.body_fragment);
    delivery_.body += part;
    missing_ -= std::min<std::uint64_t>(missing_, part.size());
  }
  if (missing_ > 0) return std::nullopt;
  return std::exchange(delivery_, {});
}

void Incoming::read(const amqp_basic_properties_t& p) {
  if (p._flags & AMQP_BASIC_MESSAGE_ID_FLAG) delivery_.message_id = from_amqp(p.message_id);
  if ((p._flags & AMQP_BASIC_TYPE_FLAG) && p.type.len > 0) delivery_.type = from_amqp(p.type);
  if ((p._flags & AMQP_BASIC_TIMESTAMP_FLAG) && p.timestamp > 0 && p.timestamp <= latest)
    delivery_.broker_time = Timestamp(std::chrono::seconds(p.timestamp));
  if (p._flags & AMQP_BASIC_HEADERS_FLAG)
    for (const auto& entry : std::span(p.headers.entries, static_cast<std::size_t>(p.headers.num_entries)))
      if (const auto name = from_amqp(entry.key); !counts_deliveries(name))
        delivery_.headers[std::string(name)] = to_text(entry.value);
  ports::read_headers(delivery_);
}

}  // namespace holdfast::transport::rabbitmq

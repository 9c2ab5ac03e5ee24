#include "transport/rabbitmq/message.hpp"

#include <algorithm>

#include "holdfast/detail/json.hpp"
#include "ports/wire_headers.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

constexpr std::size_t longest_text = 255;  // of a property

/// metadata of an envelope as our services write it, which is its last member: the rest is not looked at. Else "".
std::string_view metadata_of(std::string_view envelope) {
  constexpr std::string_view name = "\"metadata\":";
  const auto at = envelope.rfind(name);
  if (at == envelope.npos || !envelope.ends_with("}}")) return {};
  return envelope.substr(at + name.size(), envelope.size() - at - name.size() - 1);
}

std::string member(const detail::JsonValue& object, std::string_view name) {
  const auto found = object.member(name);
  if (!found || !found->is_string() || found->text().size() > longest_text) return "";
  return found->string();
}

/// Seconds since 1970; 0: not known.
std::uint64_t seconds(Timestamp at) {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  return since > 0 ? static_cast<std::uint64_t>(since) : 0;
}

}  // namespace

bool is_the_brokers(std::string_view header) {
  return header == "x-death" || header.starts_with("x-first-death-") || header.starts_with("x-last-death-") ||
         header == "x-delivery-count" || header == "x-acquired-count" || header == "CC" || header == "BCC";
}

Message::Message(const ports::OutgoingEvent& event, const std::string& exchange)
    : event_(event), exchange_(exchange), id_(event.id.to_string()), headers_(ports::headers_on_the_wire(event)) {
  for (const auto& [name, value] : headers_)
    if (!is_the_brokers(name)) table_.text(name, value);
  const auto metadata = metadata_of(event.envelope);
  if (metadata.empty()) return;
  try {
    const auto object = detail::JsonValue::parse(metadata);
    if (!object.is_object()) return;
    correlation_id_ = member(object, "correlationId"), producer_ = member(object, "producer");
  } catch (const Invalid&) {}  // a foreign envelope: its own members tell
}

amqp_basic_publish_t Message::how() const {
  amqp_basic_publish_t how{};
  const bool direct = !event_.destination.empty();
  how.exchange = direct ? amqp_bytes_t{} : to_amqp(exchange_);
  how.routing_key = to_amqp(route());
  how.mandatory = direct || !event_.unrouted_ok;
  return how;
}

amqp_basic_properties_t Message::properties() {
  amqp_basic_properties_t p{};
  p._flags =
      AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG;
  p.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  p.content_type = to_amqp("application/json");
  p.message_id = to_amqp(id_), p.type = to_amqp(event_.type);
  const auto add = [&](amqp_flags_t flag, amqp_bytes_t& to, const std::string& text) {
    if (!text.empty()) p._flags |= flag, to = to_amqp(text);
  };
  add(AMQP_BASIC_CORRELATION_ID_FLAG, p.correlation_id, correlation_id_);
  add(AMQP_BASIC_APP_ID_FLAG, p.app_id, producer_);
  if ((p.timestamp = seconds(event_.occurred_at)) != 0) p._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
  p.headers = table_.get();
  if (p.headers.num_entries > 0) p._flags |= AMQP_BASIC_HEADERS_FLAG;
  return p;
}

}  // namespace holdfast::transport::rabbitmq

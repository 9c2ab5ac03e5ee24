#include "bench/bare_rabbit.hpp"

#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include <chrono>
#include <stdexcept>

namespace holdfast::bench {
namespace {

constexpr amqp_channel_t channel = 1;

amqp_bytes_t bytes(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

amqp_table_entry_t text(const char* name, std::string_view value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = bytes(value);
  return entry;
}

}  // namespace

BareRabbit::BareRabbit(std::string url) : connection_(amqp_new_connection()) {
  amqp_connection_info at{};
  if (amqp_parse_url(url.data(), &at) != AMQP_STATUS_OK) throw std::runtime_error("no URL of a broker: " + url);
  if (amqp_socket_open(amqp_tcp_socket_new(connection_), at.host, at.port) != AMQP_STATUS_OK)
    throw std::runtime_error("no broker there");
  if (amqp_login(connection_, at.vhost, 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, at.user, at.password).reply_type !=
      AMQP_RESPONSE_NORMAL)
    throw std::runtime_error("the broker refused: login");
  amqp_channel_open(connection_, channel);
  check("channel");
  amqp_confirm_select(connection_, channel);
  check("confirms");
}

BareRabbit::~BareRabbit() { amqp_destroy_connection(connection_); }

void BareRabbit::check(const char* what) {
  if (amqp_get_rpc_reply(connection_).reply_type != AMQP_RESPONSE_NORMAL)
    throw std::runtime_error(std::string("the broker refused: ") + what);
}

void BareRabbit::exchange(const std::string& name) {
  amqp_exchange_declare(connection_, channel, bytes(name), bytes("topic"), 0, 1, 0, 0, amqp_empty_table);
  check("exchange");
}

void BareRabbit::queue(const std::string& name, const std::string& exchange) {
  amqp_queue_delete(connection_, channel, bytes(name), 0, 0);
  check("delete");
  auto type = text("x-queue-type", "quorum");
  amqp_queue_declare(connection_, channel, bytes(name), 0, 1, 0, 0, {1, &type});
  check("queue");
  if (exchange.empty()) return;
  amqp_queue_bind(connection_, channel, bytes(name), bytes(exchange), bytes("#"), amqp_empty_table);
  check("bind");
}

void BareRabbit::send(const std::string& exchange, const Message& message, const std::string& routing_key) {
  amqp_table_entry_t headers[] = {text("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                                  text("holdfast-key", message.key)};
  amqp_basic_properties_t p{};
  p._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
             AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_APP_ID_FLAG |
             AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_HEADERS_FLAG;
  p.delivery_mode = 2, p.timestamp = 1'785'000'000;
  p.content_type = bytes("application/json"), p.message_id = p.correlation_id = bytes(message.id);
  p.type = bytes(message.type), p.app_id = bytes("producer");
  p.headers = {2, headers};
  if (amqp_basic_publish(connection_, channel, bytes(exchange), bytes(routing_key), 1, 0, &p, bytes(message.body)) !=
      AMQP_STATUS_OK)
    throw std::runtime_error("the connection broke");
}

int BareRabbit::read_confirms(bool wait) {
  int confirmed = 0;
  timeval patience{wait ? 30 : 0, 0};
  amqp_frame_t frame;
  while (amqp_simple_wait_frame_noblock(connection_, &frame, &patience) == AMQP_STATUS_OK) {
    if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
      throw std::runtime_error("not a confirm");
    const auto& ack = *static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
    if (ack.multiple)
      confirmed += static_cast<int>(ack.delivery_tag - confirmed_up_to_), confirmed_up_to_ = ack.delivery_tag;
    else ++confirmed, ++confirmed_up_to_;  // only the sum counts here: single ones come in any order
    patience = {0, 0};
  }
  amqp_maybe_release_buffers(connection_);
  return confirmed;
}

double BareRabbit::publish(const std::string& exchange, int count, int window,
                           const std::function<Message(int)>& message, const std::string& to_queue) {
  const auto start = std::chrono::steady_clock::now();
  int sent = 0, confirmed = 0;
  while (confirmed < count) {
    for (int burst = 0; sent < count && sent - confirmed < window && burst < 64; ++burst) {
      const Message next = message(sent++);
      send(exchange, next, to_queue.empty() ? next.type : to_queue);
    }
    confirmed += read_confirms(sent == count || sent - confirmed >= window);
  }
  return count / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void BareRabbit::consume(const std::string& queue, int prefetch, int ack_every,
                         const std::function<bool(std::string_view)>& took) {
  amqp_basic_qos(connection_, channel, 0, static_cast<std::uint16_t>(prefetch), 0);
  check("prefetch");
  amqp_basic_consume(connection_, channel, bytes(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
  check("consume");
  bool more = true;
  for (int n = 1; more; ++n) {
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(connection_);
    if (amqp_consume_message(connection_, &envelope, nullptr, 0).reply_type != AMQP_RESPONSE_NORMAL)
      throw std::runtime_error("no more messages");
    more = took({static_cast<const char*>(envelope.message.body.bytes), envelope.message.body.len});
    if (n % ack_every == 0 || !more) amqp_basic_ack(connection_, channel, envelope.delivery_tag, ack_every > 1);
    amqp_destroy_envelope(&envelope);
  }
}

}  // namespace holdfast::bench

#include "rabbitmq_server/client.hpp"

namespace holdfast::rabbit_test {

using namespace transport::rabbitmq;

namespace {

Settings settings_of(const std::string& url) { return {.broker = parse_address(url), .options = {.url = url}}; }

}  // namespace

Client::Client(const std::string& url)
    : settings_(settings_of(url)),
      bell_(ports::system_clock()),
      connection_(settings_, bell_, static_cast<Sink&>(*this)),
      channel_(connection_, 1) {
  channel_.open();
  channel_.confirm_publishes();
}

void Client::unbind(const std::string& queue, const std::string& exchange, const std::string& pattern) {
  amqp_queue_unbind_t unbind{};
  unbind.queue = to_amqp(queue), unbind.exchange = to_amqp(exchange), unbind.routing_key = to_amqp(pattern);
  connection_.call(1, AMQP_QUEUE_UNBIND_METHOD, &unbind, AMQP_QUEUE_UNBIND_OK_METHOD);
}

void Client::remove_queue(const std::string& queue) {
  amqp_queue_delete_t remove{};
  remove.queue = to_amqp(queue);
  connection_.call(1, AMQP_QUEUE_DELETE_METHOD, &remove, AMQP_QUEUE_DELETE_OK_METHOD);
}

void Client::remove_exchange(const std::string& exchange) {
  amqp_exchange_delete_t remove{};
  remove.exchange = to_amqp(exchange);
  connection_.call(1, AMQP_EXCHANGE_DELETE_METHOD, &remove, AMQP_EXCHANGE_DELETE_OK_METHOD);
}

void Client::declare(const std::string& queue, Table arguments) { channel_.queue(queue, std::move(arguments)); }

void Client::publish(const std::string& queue, const amqp_basic_properties_t& properties, const std::string& body) {
  amqp_basic_publish_t how{};
  how.routing_key = to_amqp(queue), how.mandatory = 1;
  connection_.publish(1, how, properties, body);
  const auto until = bell_.clock().steady() + std::chrono::seconds(20);
  for (const int before = confirmed_; confirmed_ == before;) {
    connection_.serve(until);
    if (bell_.clock().steady() >= until) throw Unavailable("no confirm came");
  }
}

std::int64_t Client::ready(const std::string& queue) { return channel_.find_queue(queue).ready; }

void Client::frame(const amqp_frame_t& frame) {
  const bool ack = frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD;
  if (ack) ++confirmed_;
}

}  // namespace holdfast::rabbit_test

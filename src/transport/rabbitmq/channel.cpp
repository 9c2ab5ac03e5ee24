#include "transport/rabbitmq/channel.hpp"

namespace holdfast::transport::rabbitmq {

void Channel::open() { call(AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t{}, AMQP_CHANNEL_OPEN_OK_METHOD); }

void Channel::close(ports::Millis patience) {
  amqp_channel_close_t close{};
  close.reply_code = AMQP_REPLY_SUCCESS;
  connection_.call(number_, AMQP_CHANNEL_CLOSE_METHOD, &close, AMQP_CHANNEL_CLOSE_OK_METHOD, patience);
}

void Channel::confirm_publishes() {
  call(AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t{}, AMQP_CONFIRM_SELECT_OK_METHOD);
}

void Channel::exchange(const std::string& name, const char* type) {
  amqp_exchange_declare_t declare{};
  declare.exchange = to_amqp(name), declare.type = to_amqp(type), declare.durable = 1;
  call(AMQP_EXCHANGE_DECLARE_METHOD, declare, AMQP_EXCHANGE_DECLARE_OK_METHOD);
}

void Channel::find_exchange(const std::string& name) {
  amqp_exchange_declare_t find{};
  find.exchange = to_amqp(name), find.passive = 1;
  call(AMQP_EXCHANGE_DECLARE_METHOD, find, AMQP_EXCHANGE_DECLARE_OK_METHOD);
}

void Channel::queue(const std::string& name, Table arguments) {
  amqp_queue_declare_t declare{};
  declare.queue = to_amqp(name), declare.durable = 1, declare.arguments = arguments.get();
  call(AMQP_QUEUE_DECLARE_METHOD, declare, AMQP_QUEUE_DECLARE_OK_METHOD);
}

QueueState Channel::find_queue(const std::string& name) {
  amqp_queue_declare_t find{};
  find.queue = to_amqp(name), find.passive = 1;
  const auto& found = as<amqp_queue_declare_ok_t>(call(AMQP_QUEUE_DECLARE_METHOD, find, AMQP_QUEUE_DECLARE_OK_METHOD));
  return {found.message_count, found.consumer_count};
}

void Channel::bind(const std::string& queue, const std::string& exchange, const std::string& pattern) {
  amqp_queue_bind_t bind{};
  bind.queue = to_amqp(queue), bind.exchange = to_amqp(exchange), bind.routing_key = to_amqp(pattern);
  call(AMQP_QUEUE_BIND_METHOD, bind, AMQP_QUEUE_BIND_OK_METHOD);
}

void Channel::consume(const std::string& queue, const std::string& tag, int prefetch) {
  call(AMQP_BASIC_QOS_METHOD, amqp_basic_qos_t{0, static_cast<std::uint16_t>(prefetch), 0}, AMQP_BASIC_QOS_OK_METHOD);
  amqp_basic_consume_t consume{};
  consume.queue = to_amqp(queue), consume.consumer_tag = to_amqp(tag);
  call(AMQP_BASIC_CONSUME_METHOD, consume, AMQP_BASIC_CONSUME_OK_METHOD);
}

void Channel::ask(const std::string& queue) {
  amqp_queue_declare_t find{};
  find.queue = to_amqp(queue), find.passive = 1;
  connection_.send(number_, AMQP_QUEUE_DECLARE_METHOD, &find);
}

void Channel::ack(std::uint64_t tag, bool and_all_before) {
  amqp_basic_ack_t ack{tag, and_all_before ? 1 : 0};
  connection_.send(number_, AMQP_BASIC_ACK_METHOD, &ack);
}

}  // namespace holdfast::transport::rabbitmq

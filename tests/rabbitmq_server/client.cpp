#include "rabbitmq_server/client.hpp"

#include <algorithm>

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

void Client::purge(const std::string& queue) {
  amqp_queue_purge_t purge{};
  purge.queue = to_amqp(queue);
  connection_.call(1, AMQP_QUEUE_PURGE_METHOD, &purge, AMQP_QUEUE_PURGE_OK_METHOD);
}

void Client::remove_exchange(const std::string& exchange) {
  amqp_exchange_delete_t remove{};
  remove.exchange = to_amqp(exchange);
  connection_.call(1, AMQP_EXCHANGE_DELETE_METHOD, &remove, AMQP_EXCHANGE_DELETE_OK_METHOD);
}

void Client::declare(const std::string& queue, Table arguments) { channel_.queue(queue, std::move(arguments)); }

void Client::declare_exchange(const std::string& name, const char* type, Table arguments) {
  amqp_exchange_declare_t declare{};
  declare.exchange = to_amqp(name), declare.type = to_amqp(type), declare.durable = 1;
  declare.arguments = arguments.get();
  connection_.call(1, AMQP_EXCHANGE_DECLARE_METHOD, &declare, AMQP_EXCHANGE_DECLARE_OK_METHOD);
}

void Client::publish(const std::string& queue, const amqp_basic_properties_t& properties, const std::string& body) {
  amqp_basic_publish_t how{};
  how.routing_key = to_amqp(queue), how.mandatory = 1;
  connection_.publish(1, how, properties, body);
  const int before = confirmed_;
  await("confirm", [&] { return confirmed_ > before; });
}

void Client::await(const char* what, const std::function<bool()>& so) {
  for (const auto until = bell_.clock().steady() + std::chrono::seconds(20); !so();) {
    connection_.serve(until);
    if (bell_.clock().steady() >= until) throw Unavailable(std::string("no ") + what + " came");
  }
}

std::optional<Client::Taken> Client::take(const std::string& queue) {
  answered_ = false, taken_ = {};
  amqp_basic_get_t get{};
  get.queue = to_amqp(queue);
  connection_.send(1, AMQP_BASIC_GET_METHOD, &get);
  await("message", [this] { return answered_; });
  return taken_.tag == 0 ? std::nullopt : std::optional(std::move(taken_));
}

void Client::reject(const Taken& taken, bool requeue) {
  amqp_basic_reject_t reject{taken.tag, requeue};
  connection_.send(1, AMQP_BASIC_REJECT_METHOD, &reject);
}

bool Client::move(const std::string& from, const std::string& to, int times) {
  const auto taken = take(from);
  if (!taken) return false;
  amqp_pool_t pool;
  init_amqp_pool(&pool, 4096);
  void* properties = nullptr;
  const bool readable =
      amqp_decode_properties(AMQP_BASIC_CLASS, &pool, to_amqp(taken->properties), &properties) == AMQP_STATUS_OK;
  for (int i = 0; readable && i < times; ++i)
    publish(to, *static_cast<amqp_basic_properties_t*>(properties), taken->body);
  empty_amqp_pool(&pool);
  if (!readable) throw Error("the properties of a message cannot be read");
  channel_.ack(taken->tag, false);
  return true;
}

std::int64_t Client::ready(const std::string& queue) { return channel_.find_queue(queue).ready; }

void Client::frame(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_METHOD) method(frame);
  else content(frame);
}

void Client::method(const amqp_frame_t& frame) {
  switch (frame.payload.method.id) {
    case AMQP_BASIC_ACK_METHOD: ++confirmed_; break;
    case AMQP_BASIC_GET_EMPTY_METHOD: answered_ = true; break;
    case AMQP_BASIC_GET_OK_METHOD: taken_.tag = as<amqp_basic_get_ok_t>(frame).delivery_tag; break;
    default: break;
  }
}

void Client::content(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    taken_.properties.resize(most_in_a_frame);
    const int size =
        amqp_encode_properties(AMQP_BASIC_CLASS, frame.payload.properties.decoded, to_amqp(taken_.properties));
    taken_.properties.resize(static_cast<std::size_t>(std::max(size, 0)));
    missing_ = frame.payload.properties.body_size;
  } else {
    taken_.body += from_amqp(frame.payload.body_fragment);
    missing_ -= frame.payload.body_fragment.len;
  }
  answered_ = missing_ == 0;
}

}  // namespace holdfast::rabbit_test

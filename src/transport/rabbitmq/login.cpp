// How a connection begins: start, tune, open. All capabilities are announced; without them RabbitMQ keeps to itself that a queue
// is gone, or that it reads no more.
#include <algorithm>

#include "transport/rabbitmq/closed.hpp"
#include "transport/rabbitmq/connection.hpp"
#include "transport/rabbitmq/table.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

constexpr std::string_view protocol{"AMQP\x00\x00\x09\x01", 8};

Table capabilities() {
  Table all;
  for (const auto* one : {"publisher_confirms", "consumer_cancel_notify", "basic.nack", "connection.blocked",
                          "exchange_exchange_bindings", "authentication_failure_close"})
    all.yes(one);
  return all;
}

/// The lower of both wishes; 0: no wish.
int lower(int ours, int theirs) { return ours == 0 || theirs == 0 ? std::max(ours, theirs) : std::min(ours, theirs); }

}  // namespace

void Connection::log_in(const Settings& settings, ports::Tick until) {
  try {
    stream_.put(protocol);
    start(settings, await(0, AMQP_CONNECTION_START_METHOD, until));
    tune(settings, await(0, AMQP_CONNECTION_TUNE_METHOD, until));
    amqp_connection_open_t open{to_amqp(settings.broker.vhost), {}, 0};
    send(0, AMQP_CONNECTION_OPEN_METHOD, &open);
    await(0, AMQP_CONNECTION_OPEN_OK_METHOD, until);
  } catch (const Closed& why) {
    over_ = true;
    if (why.blame() != ports::Blame::the_setup) throw;
    throw why.of_login("the login of " + settings.broker.user + " at " + place_ + " for vhost " +
                       settings.broker.vhost);
  }
}

void Connection::start(const Settings& settings, const amqp_frame_t& frame) {
  const auto offered = " " + std::string(from_amqp(as<amqp_connection_start_t>(frame).mechanisms)) + " ";
  if (offered.find(" PLAIN ") == offered.npos)
    throw Closed("RabbitMQ at " + place_ + " takes no user and password, only:" + offered);
  Table can = capabilities();
  Table client;
  client.text("product", "Holdfast").text("platform", "C++").table("capabilities", can);
  const auto& who = settings.broker;
  const std::string secret = std::string(1, '\0') + who.user + std::string(1, '\0') + who.password;
  amqp_connection_start_ok_t ok{client.get(), to_amqp("PLAIN"), to_amqp(secret), to_amqp("en_US")};
  send(0, AMQP_CONNECTION_START_OK_METHOD, &ok);
}

void Connection::tune(const Settings& settings, const amqp_frame_t& frame) {
  const auto& theirs = as<amqp_connection_tune_t>(frame);
  const int frame_max = lower(most_in_a_frame, static_cast<int>(theirs.frame_max));
  const auto wish = static_cast<int>(settings.options.heartbeat.count());
  const int heartbeat = wish == 0 ? 0 : lower(wish, theirs.heartbeat);
  amqp_connection_tune_ok_t ok{theirs.channel_max, static_cast<std::uint32_t>(frame_max),
                               static_cast<std::uint16_t>(heartbeat)};
  reader_.limit(frame_max);
  writer_.limit(frame_max);
  heartbeat_ = std::chrono::seconds(heartbeat);
  send(0, AMQP_CONNECTION_TUNE_OK_METHOD, &ok);
}

}  // namespace holdfast::transport::rabbitmq

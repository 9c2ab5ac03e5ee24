// Whatever stands in a URL or arrives at the socket: read, or refused in words.
#include <gtest/gtest.h>

#include <random>

#include "transport/rabbitmq/address.hpp"
#include "transport/rabbitmq/closed.hpp"
#include "transport/rabbitmq/incoming.hpp"
#include "transport/rabbitmq/message.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

using Random = std::mt19937_64;

std::string damaged(Random& random, std::string text) {
  for (auto faults = random() % 4; faults > 0; --faults) {
    const auto at = random() % text.size();
    if (random() % 2) text[at] = static_cast<char>(random());
    else text.insert(at, 1, "%:@/[]?#\0a5"[random() % 11]);
  }
  return text;
}

TEST(RabbitFuzz, AUrlIsReadOrRefused) {
  Random random(1);
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    try {
      const auto a = parse_address(damaged(random, "amqps://app:secret@[::1]:5671/%2Fshop"));
      EXPECT_FALSE(a.host.empty());
      EXPECT_EQ(a.name().find("secret"), std::string::npos);
      ++read;
    } catch (const Invalid& why) { EXPECT_EQ(std::string(why.what()).find("secret"), std::string::npos); }
  }
  EXPECT_GT(read, 5'000);
  EXPECT_LT(read, 19'000);
}

TEST(RabbitFuzz, FramesAreReadOrTheEnd) {
  Random random(1);
  ports::OutgoingEvent event;
  event.type = "order.created.v1", event.envelope = "{}";
  event.headers = {{"a", "b"}, {"holdfast-copy", "3"}};
  FrameWriter writer;
  std::string good;
  Message message(event, "orders.exchange");
  amqp_basic_deliver_t deliver{};
  deliver.delivery_tag = 1, deliver.routing_key = to_amqp(event.type);
  writer.method(good, 1, AMQP_BASIC_DELIVER_METHOD, &deliver);
  writer.content(good, 1, message.properties(), event.envelope);
  int whole = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto bytes = damaged(random, good);
    std::string_view rest = bytes;
    FrameReader reader;
    Incoming incoming;
    try {
      while (const auto* frame = reader.next(rest)) {
        if (frame->frame_type == AMQP_FRAME_METHOD) continue;
        if (frame->frame_type == AMQP_FRAME_HEARTBEAT) continue;
        whole += incoming.add(*frame).has_value();
      }
    } catch (const Closed&) { ++refused; }
  }
  EXPECT_GT(whole, 1'000);
  EXPECT_GT(refused, 1'000);
}

}  // namespace
}  // namespace holdfast::transport::rabbitmq

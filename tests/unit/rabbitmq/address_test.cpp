#include "transport/rabbitmq/address.hpp"

#include <gtest/gtest.h>

#include "holdfast/errors.hpp"
#include "holdfast/rabbitmq.hpp"
#include "ports/transport_base.hpp"
#include "transport/rabbitmq/names.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

TEST(RabbitAddress, HasDefaults) {
  EXPECT_EQ(parse_address("amqp://broker"), (Address{.host = "broker"}));
  EXPECT_EQ(parse_address("amqp://broker/").vhost, "/");
  EXPECT_EQ(parse_address("amqps://broker"), (Address{.tls = true, .host = "broker", .port = 5671}));
}

TEST(RabbitAddress, ReadsAllParts) {
  EXPECT_EQ(parse_address("amqp://app:secret@broker:5673/shop"),
            (Address{.host = "broker", .port = 5673, .user = "app", .password = "secret", .vhost = "shop"}));
  EXPECT_EQ(parse_address("amqp://app@broker").password, "guest");
  EXPECT_EQ(parse_address("amqp://:@broker").user, "");
}

TEST(RabbitAddress, PartsArePercentEncoded) {
  const auto a = parse_address("amqp://a%40b:p%2Fw%3a%25@broker/%2Fshop%20one");
  EXPECT_EQ(a.user, "a@b");
  EXPECT_EQ(a.password, "p/w:%");
  EXPECT_EQ(a.vhost, "/shop one");
  EXPECT_EQ(parse_address("amqp://app:p@ss:w@broker").password, "p@ss:w") << "the last @ ends the login";
}

TEST(RabbitAddress, ReadsIPv6) {
  const auto a = parse_address("amqp://[::1]:5673/shop");
  EXPECT_EQ(a.host, "::1");
  EXPECT_EQ(a.port, 5673);
  EXPECT_EQ(a.place(), "[::1]:5673");
  EXPECT_EQ(parse_address("amqp://[fe80::1]").port, 5672);
}

TEST(RabbitAddress, RefusesWhatIsNone) {
  for (const auto* bad : {"",
                          "amqp:",
                          "amqp:/broker",
                          "http://broker",
                          "broker:5672",
                          "amqp://",
                          "amqp://:5672",
                          "amqp://broker:0",
                          "amqp://broker:65536",
                          "amqp://broker:5672x",
                          "amqp://broker:",
                          "amqp://[::1",
                          "amqp://[::1]x",
                          "amqp://a%4@broker",
                          "amqp://a%zz@broker",
                          "amqp://a%00@broker",
                          "amqp://broker/a/b",
                          "amqp://app/secret@broker",
                          "amqp://broker?heartbeat=1",
                          "amqp://broker#x"})
    EXPECT_THROW(parse_address(bad), Invalid) << bad;
}

TEST(RabbitAddress, TellsNoSecret) {
  const auto a = parse_address("amqps://app:s3cret@broker:5673/shop");
  EXPECT_EQ(a.name(), "amqps://broker:5673/shop");
  EXPECT_EQ(holdfast::rabbitmq::open({.url = "amqp://app:s3cret@broker"}).impl()->name(), "amqp://broker:5672");
  for (const auto* bad : {"amqp://app:s3cret@broker:x", "amqp://app:s3cret%@broker", "s3cret"}) try {
      parse_address(bad);
      ADD_FAILURE() << bad;
    } catch (const Invalid& why) { EXPECT_EQ(std::string(why.what()).find("s3cret"), std::string::npos) << why.what(); }
}

TEST(RabbitNames, StandAroundTheQueue) {
  using namespace std::chrono_literals;
  EXPECT_EQ(dead_letter_exchange("inventory.order-created.q"), "inventory.order-created.dlx");
  EXPECT_EQ(wait_queue("inventory.order-created.q", 5s), "inventory.order-created.retry.5s.q");
  EXPECT_EQ(wait_queue("q", 2min), "q.retry.2m.q");
  EXPECT_EQ(wait_queue("q", 1h), "q.retry.1h.q");
  EXPECT_EQ(wait_queue("q", 90s), "q.retry.90s.q");
  EXPECT_EQ(wait_queue("q", 1500ms), "q.retry.1500ms.q");
}

}  // namespace
}  // namespace holdfast::transport::rabbitmq

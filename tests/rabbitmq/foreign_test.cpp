// Messages of programs that know nothing of Holdfast.
#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {
namespace {

using transport::rabbitmq::Table;
using transport::rabbitmq::to_amqp;

struct RabbitForeign : RabbitTest {
  std::unique_ptr<ports::Receiver> receiver = subscribe({"q", {"#"}, false});
  Client other{vhost.url()};

  ports::Delivery receive(const amqp_basic_properties_t& properties, const std::string& body) {
    other.publish("q", properties, body);
    const auto got = take(*receiver, 1);
    EXPECT_EQ(got.size(), 1u);
    ack(*receiver, got);
    return got.empty() ? ports::Delivery{} : got[0];
  }
};

TEST_F(RabbitForeign, ABareMessageArrives) {
  const auto got = receive({}, "");
  EXPECT_EQ(got.message_id, "");
  EXPECT_EQ(got.type, "q") << "the routing key, where no type is written";
  EXPECT_EQ(got.key, std::nullopt);
  EXPECT_EQ(got.broker_time, std::nullopt);
  EXPECT_EQ(got.body, "");
  EXPECT_TRUE(got.headers.empty());
}

TEST_F(RabbitForeign, HeadersOfAllTypesAreTexts) {
  Table inner, headers;
  inner.text("a", "b").integer("n", 1);
  headers.text("text", "t").integer("holdfast-copy", 3).yes("sure").table("inner", inner);
  amqp_basic_properties_t p{};
  p._flags = AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_TYPE_FLAG;
  p.headers = headers.get(), p.timestamp = 1'755'855'000, p.type = to_amqp("order.created.v1");
  const auto got = receive(p, "body");
  EXPECT_EQ(got.headers,
            (Headers{{"text", "t"}, {"holdfast-copy", "3"}, {"sure", "true"}, {"inner", R"({"a":"b","n":1})"}}));
  EXPECT_EQ(got.copy, 3);
  EXPECT_EQ(got.type, "order.created.v1");
  EXPECT_EQ(got.broker_time, Timestamp(std::chrono::seconds(1'755'855'000)));
}

TEST_F(RabbitForeign, LargeMessagesComeWhole) {
  const std::string body(3'000'000, 'x');
  EXPECT_EQ(receive({}, body).body, body);
}

/// Acks in any order, some by `multiple`: what is left is what was not settled. Few of them: more than 32 at a time a quorum
/// queue's channel keeps for later, and forgets when it is closed.
TEST_F(RabbitForeign, G1_NoLoss_AnAckSettlesNothingElse) {
  std::vector<ports::OutgoingEvent> events;
  for (int i = 0; i < 30; ++i) events.push_back(event(std::to_string(i)));
  publish(events);
  const auto got = take(*receiver, 30);
  ASSERT_EQ(got.size(), 30u);
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto& one = got[(i * 7) % 30];
    if (one.body.ends_with("7")) continue;
    ack(*receiver, {one});
    if (i % 10 != 5) continue;
    ports::Received none;
    receiver->pump(now(), none);
  }
  receiver->disconnect();
  EXPECT_EQ(bodies(take(*receiver, 3)), (Bodies{"7", "17", "27"}));
}

/// The credit grows in steps after a crash: of a queue in any order the prefetch grows with it.
TEST_F(RabbitForeign, TheCreditGrowsWithinASession) {
  std::vector<ports::OutgoingEvent> events;
  for (int i = 0; i < 64; ++i) events.push_back(event(std::to_string(i)));
  receiver->credit(4);
  publish(events);
  std::vector<ports::Delivery> all;
  for (int credit = 4; credit <= 64; credit *= 2) {
    receiver->credit(credit);
    const auto more = take(*receiver, static_cast<std::size_t>(credit) - all.size());
    all.insert(all.end(), more.begin(), more.end());
    EXPECT_EQ(all.size(), static_cast<std::size_t>(credit));
    EXPECT_EQ(all.back().session, all.front().session);
  }
  ack(*receiver, all);
  EXPECT_TRUE(eventually(*receiver, [](const auto& got) { return got.empty; }));
}

}  // namespace
}  // namespace holdfast::rabbit_test

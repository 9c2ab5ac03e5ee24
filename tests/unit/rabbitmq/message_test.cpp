// An event as a message and back, by the bytes that go over the wire.
#include "transport/rabbitmq/message.hpp"

#include <gtest/gtest.h>

#include "transport/rabbitmq/closed.hpp"
#include "transport/rabbitmq/incoming.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

ports::OutgoingEvent event() {
  ports::OutgoingEvent e;
  e.id = EventId::parse("1f09f4f7a1d24575a2b4b2a1b35c0b1a");
  e.type = "order.created.v1", e.key = "12045";
  e.occurred_at = Timestamp(std::chrono::seconds(1'755'855'000));
  e.envelope = R"({"eventId":"x","payload":{"metadata":{"producer":"no"}},)"
               R"("metadata":{"correlationId":"c-1","producer":"order-service"}})";
  return e;
}

std::string bytes_of(const ports::OutgoingEvent& e) {
  FrameWriter writer;
  std::string out;
  Message message(e, "orders.exchange");
  auto how = message.how();
  writer.method(out, 1, AMQP_BASIC_PUBLISH_METHOD, &how);
  writer.content(out, 1, message.properties(), e.envelope);
  return out;
}

/// frame(): of each frame, while it is there.
template <class F>
void read(std::string_view bytes, std::size_t step, F frame) {
  FrameReader reader;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    auto part = bytes.substr(0, step);
    while (const auto* one = reader.next(part)) {
      frame(*one);
      reader.limit(most_in_a_frame);  // as a login does
    }
  }
}

ports::Delivery round_trip(const ports::OutgoingEvent& e, std::size_t step) {
  std::optional<ports::Delivery> out;
  Incoming incoming;
  amqp_basic_deliver_t deliver{};
  deliver.delivery_tag = 7, deliver.redelivered = 1, deliver.routing_key = to_amqp("route");
  incoming.begin(deliver);
  read(bytes_of(e), step, [&](const amqp_frame_t& frame) {
    if (frame.frame_type != AMQP_FRAME_METHOD) out = incoming.add(frame);
  });
  EXPECT_TRUE(out);
  return out.value_or(ports::Delivery{});
}

TEST(RabbitMessage, ComesBackAsItWas) {
  for (const std::size_t step : {1u, 7u, 1'000'000u}) {
    auto sent = event();
    sent.headers = {{"traceparent", "00-1-2-01"}, {ports::header_copy, "3"}, {"empty", ""}, {"bytes", "\xff\x01"}};
    sent.envelope.append(300'000, 'x');  // three frames
    const auto got = round_trip(sent, step);
    EXPECT_EQ(got.tag, 7u);
    EXPECT_TRUE(got.redelivered);
    EXPECT_EQ(got.message_id, sent.id.to_string());
    EXPECT_EQ(got.type, sent.type);
    EXPECT_EQ(got.key, sent.key);
    EXPECT_EQ(got.copy, 3);
    EXPECT_EQ(got.broker_time, sent.occurred_at);
    EXPECT_EQ(got.body, sent.envelope);
    sent.headers[ports::header_key] = "12045";
    EXPECT_EQ(got.headers, sent.headers);
  }
}

TEST(RabbitMessage, CarriesWhatOtherProgramsLookAt) {
  const auto e = event();
  int seen = 0;
  read(bytes_of(e), 1'000, [&](const amqp_frame_t& frame) {
    if (frame.frame_type != AMQP_FRAME_HEADER) return;
    ++seen;
    const auto& p = *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
    EXPECT_EQ(p.delivery_mode, AMQP_DELIVERY_PERSISTENT);
    EXPECT_EQ(from_amqp(p.content_type), "application/json");
    EXPECT_EQ(from_amqp(p.correlation_id), "c-1");
    EXPECT_EQ(from_amqp(p.app_id), "order-service");
    EXPECT_EQ(p.timestamp, 1'755'855'000u);
  });
  EXPECT_EQ(seen, 1);
}

TEST(RabbitMessage, AForeignEnvelopeIsNoError) {
  for (const auto* envelope : {"", "}}", "no json", R"({"metadata":{"producer":1}})", R"({"metadata":[1],"a":{}})",
                               R"({"metadata":{"producer":"p"},"payload":{"metadata":{"producer":"no"}}})"}) {
    auto e = event();
    e.envelope = envelope, e.occurred_at = {};
    read(bytes_of(e), 1'000, [&](const amqp_frame_t& frame) {
      if (frame.frame_type != AMQP_FRAME_HEADER) return;
      const auto& p = *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
      EXPECT_EQ(p._flags & (AMQP_BASIC_APP_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG), 0u) << envelope;
    });
    EXPECT_EQ(round_trip(e, 1'000).broker_time, std::nullopt);
  }
}

TEST(RabbitMessage, GoesToTheExchangeOrToOneQueue) {
  auto e = event();
  EXPECT_EQ(from_amqp(Message(e, "x").how().routing_key), "order.created.v1");
  EXPECT_EQ(from_amqp(Message(e, "x").how().exchange).size(), 1u);
  EXPECT_TRUE(Message(e, "x").how().mandatory);
  e.unrouted_ok = true;
  EXPECT_FALSE(Message(e, "x").how().mandatory);
  e.destination = "inventory.order-created.dlq";
  const Message direct(e, "x");
  EXPECT_TRUE(direct.how().mandatory);
  EXPECT_EQ(from_amqp(direct.how().exchange), "");
  EXPECT_EQ(from_amqp(direct.how().routing_key), e.destination);
}

/// RabbitMQ would drop as a cycle what waits twice, and sends to each queue of CC.
TEST(RabbitMessage, LeavesOutWhatTheBrokerWrote) {
  auto e = event();
  e.headers = {{"x-death", "[]"},
               {"x-first-death-queue", "q"},
               {"x-last-death-reason", "expired"},
               {"x-delivery-count", "1"},
               {"x-acquired-count", "1"},
               {"CC", "q"},
               {"BCC", "q"},
               {"x-mine", "stays"}};
  EXPECT_EQ(round_trip(e, 1'000).headers, (Headers{{"x-mine", "stays"}, {ports::header_key, "12045"}}));
}

TEST(RabbitMessage, SaysWhatAmqpCannotHold) {
  auto long_type = event(), long_name = event(), long_headers = event(), longest = event(), long_queue = event();
  long_type.type = std::string(256, 't');
  long_queue.destination = std::string(256, 'q');
  long_name.headers[std::string(256, 'n')] = "1";
  long_headers.headers["note"] = std::string(131'073, 'h');
  for (const auto& e : {long_type, long_queue, long_name, long_headers}) EXPECT_THROW(bytes_of(e), Unencodable);
  longest.type = std::string(255, 't');
  longest.headers[std::string(255, 'n')] = std::string(100'000, 'h');
  EXPECT_EQ(round_trip(longest, 1'000).type.size(), 255u);
}

TEST(RabbitFrames, WhatIsNoAmqpIsTheEnd) {
  FrameReader reader;
  std::string_view http = "HTTP/1.1 400 Bad Request\r\n\r\n";
  EXPECT_THROW(while (reader.next(http) != nullptr){}, Closed);
}

TEST(RabbitField, EveryTypeIsText) {
  amqp_field_value_t v{};
  const auto as = [&](int kind) {
    v.kind = static_cast<std::uint8_t>(kind);
    return to_text(v);
  };
  v.value.boolean = 1;
  EXPECT_EQ(as(AMQP_FIELD_KIND_BOOLEAN), "true");
  v.value.i8 = -1;
  EXPECT_EQ(as(AMQP_FIELD_KIND_I8), "-1");
  v.value.u8 = 255;
  EXPECT_EQ(as(AMQP_FIELD_KIND_U8), "255");
  v.value.i16 = -300;
  EXPECT_EQ(as(AMQP_FIELD_KIND_I16), "-300");
  v.value.i64 = INT64_MIN;
  EXPECT_EQ(as(AMQP_FIELD_KIND_I64), "-9223372036854775808");
  v.value.u64 = 1'755'855'000;
  EXPECT_EQ(as(AMQP_FIELD_KIND_TIMESTAMP), "1755855000");
  v.value.f64 = 0.1;
  EXPECT_EQ(as(AMQP_FIELD_KIND_F64), "0.1");
  v.value.decimal = {2, 5};
  EXPECT_EQ(as(AMQP_FIELD_KIND_DECIMAL), "0.05");
  v.value.bytes = to_amqp("\xff text");
  EXPECT_EQ(as(AMQP_FIELD_KIND_UTF8), "\xff text");
  EXPECT_EQ(as(AMQP_FIELD_KIND_VOID), "");
}

TEST(RabbitField, TablesAndArraysAreJson) {
  Table inner;
  inner.text("reason", "expired").integer("count", 2).yes("first").text("bad", "\xff");
  amqp_field_value_t one{}, all{};
  one.kind = AMQP_FIELD_KIND_TABLE, one.value.table = inner.get();
  EXPECT_EQ(to_text(one), "{\"reason\":\"expired\",\"count\":2,\"first\":true,\"bad\":\"\xef\xbf\xbd\"}");
  all.kind = AMQP_FIELD_KIND_ARRAY, all.value.array = {1, &one};
  EXPECT_EQ(to_text(all), "[" + to_text(one) + "]");
}

}  // namespace
}  // namespace holdfast::transport::rabbitmq

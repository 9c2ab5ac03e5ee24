#include "event/envelope.hpp"

#include <gtest/gtest.h>

#include "holdfast/contract.hpp"

namespace {

using holdfast::EventId;
using holdfast::EventInfo;
using holdfast::from_iso8601;
using holdfast::Headers;
using holdfast::Invalid;
using holdfast::Timestamp;
using namespace holdfast::event;

constexpr std::string_view id = "1f09f4f7a1d24575a2b4b2a1b35c0b1a";
constexpr std::string_view traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view payload = R"({ "orderId":12045, "totalAmount":1499.00, "extra":"\u0041" })";

EventInfo info() {
  EventInfo info;
  info.id = EventId::parse(id);
  info.type = "order.created.v1";
  info.key = "12045";
  info.occurred_at = from_iso8601("2025-08-22T09:30:00Z");
  info.producer = "order-service";
  info.correlation_id = "c-1";
  info.traceparent = traceparent;
  info.tracestate = "vendor=1";
  info.headers = {{"tenant", "7"}};
  return info;
}

std::string where_of(std::string_view body) {
  try {
    decode(body, {});
    return "read";
  } catch (const Invalid& fault) { return fault.where(); }
}

TEST(Envelope, IsWrittenFieldForField) {
  const std::string head = R"({"eventId":"1f09f4f7a1d24575a2b4b2a1b35c0b1a","eventType":"order.created.v1",)"
                           R"("occurredAtUtc":"2025-08-22T09:30:00Z","payload":)" +
                           std::string(payload);
  EXPECT_EQ(encode(info(), payload),
            head + R"(,"metadata":{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","correlationId":"c-1",)"
                   R"("producer":"order-service","schemaVersion":1}})");
  EventInfo caused = info();
  caused.traceparent.clear();
  caused.trace_id = "t-1";
  caused.causation_id = "e-1";
  caused.schema_version = 3;
  EXPECT_EQ(encode(caused, payload), head + R"(,"metadata":{"traceId":"t-1","correlationId":"c-1","causationId":"e-1",)"
                                            R"("producer":"order-service","schemaVersion":3}})");
}

TEST(Envelope, ComesBackAsItWasSent) {
  const EventInfo sent = info();
  const std::string body = encode(sent, payload);
  const auto got = decode(body, headers_of(sent));
  EXPECT_EQ(got.body, body);
  EXPECT_EQ(got.payload, payload);
  EXPECT_EQ(got.info.id, sent.id);
  EXPECT_EQ(got.info.type, sent.type);
  EXPECT_EQ(got.info.key, sent.key);
  EXPECT_EQ(got.info.occurred_at, sent.occurred_at);
  EXPECT_EQ(got.info.producer, sent.producer);
  EXPECT_EQ(got.info.correlation_id, sent.correlation_id);
  EXPECT_EQ(got.info.causation_id, "");
  EXPECT_EQ(got.info.traceparent, traceparent);
  EXPECT_EQ(got.info.tracestate, "vendor=1");
  EXPECT_EQ(got.info.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(got.info.schema_version, 1);
  EXPECT_EQ(got.info.headers, (Headers{{"tenant", "7"}}));
}

TEST(Envelope, NeedsIdTypeAndPayloadOnly) {
  const std::string body = R"({"payload":[1],"eventType":"a.b.v2","eventId":"1F09F4F7-A1D2-4575-A2B4-B2A1B35C0B1A"})";
  const auto got = decode(body, {});
  EXPECT_EQ(got.info.id.to_string(), id);
  EXPECT_EQ(got.payload, "[1]");
  EXPECT_EQ(got.info.key, "");
  EXPECT_EQ(got.info.occurred_at, Timestamp{});
  EXPECT_EQ(got.info.schema_version, 2);
}

TEST(Envelope, KeepsWhatItDoesNotKnow) {
  const std::string body = R"({"eventId":"1f09f4f7a1d24575a2b4b2a1b35c0b1a","eventType":"a.v1","payload":null,)"
                           R"("metadata":{"tenant":{"deep":[1.10]},"producer":"x"}, "vendor" : 9999999999999999.99 })";
  EXPECT_EQ(decode(body, {}).body, body);
  EXPECT_EQ(decode(body, {}).info.producer, "x");
}

TEST(Envelope, PointsToWhatIsWrong) {
  const std::string good_id = R"("eventId":"1f09f4f7a1d24575a2b4b2a1b35c0b1a")";
  const std::string good = "{" + good_id + R"(,"eventType":"a.v1","payload":{})";
  EXPECT_EQ(where_of("not json"), "byte 1");
  EXPECT_EQ(where_of("[]"), "");
  EXPECT_EQ(where_of("{}"), "/eventId");
  EXPECT_EQ(where_of(R"({"eventId":12045})"), "/eventId");
  EXPECT_EQ(where_of(R"({"eventId":"12045"})"), "/eventId");
  EXPECT_EQ(where_of("{" + good_id + "}"), "/eventType");
  EXPECT_EQ(where_of("{" + good_id + R"(,"eventType":""})"), "/eventType");
  EXPECT_EQ(where_of("{" + good_id + R"(,"eventType":"a.v1"})"), "/payload");
  EXPECT_EQ(where_of(good + R"(,"occurredAtUtc":"yesterday"})"), "/occurredAtUtc");
  EXPECT_EQ(where_of(good + R"(,"metadata":1})"), "/metadata");
  EXPECT_EQ(where_of(good + R"(,"metadata":{"schemaVersion":"1"}})"), "/metadata/schemaVersion");
  EXPECT_EQ(where_of(good + R"(,"metadata":null,"occurredAtUtc":null})"), "read");
  EXPECT_EQ(where_of("{" + good_id + R"(,"eventType":"a.v1","payload":{"items":[{"qty":1,"qty":2}]}})"),
            "/payload/items/0/qty");
}

struct Reserved {
  std::vector<int> qty;
};

TEST(Envelope, APayloadsFaultIsCountedFromTheEnvelope) {
  try {
    in_payload([] { return holdfast::Codec<Reserved>::decode(R"({"qty":[1,"2"]})"); });
    FAIL() << "read";
  } catch (const Invalid& fault) { EXPECT_EQ(fault.where(), "/payload/qty/1"); }
}

TEST(Envelope, HeadersOfHoldfastAreNotTheUsers) {
  const Headers headers = {{"holdfast-key", "k"}, {"holdfast-copy", "2"}, {"holdfast-attempt", "3"}, {"x", "y"}};
  const auto got = decode(encode(info(), "{}"), headers);
  EXPECT_EQ(got.info.key, "k");
  EXPECT_EQ(got.info.headers, (Headers{{"x", "y"}}));
}

TEST(Envelope, TheTraceIsThatOfTheHeader) {
  const std::string body = encode(info(), "{}");  // says 4bf9...
  const auto trace = [&](const char* header) { return decode(body, {{"traceparent", header}}).info.trace_id; };
  EXPECT_EQ(trace("00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-00"), "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(trace("01-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-00-more"), "0123456789abcdef0123456789abcdef");
  for (const char* broken : {"", "00-0123", "00-00000000000000000000000000000000-00f067aa0ba902b7-00",
                             "ff-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-00",
                             "00-0123456789ABCDEF0123456789ABCDEF-00f067aa0ba902b7-00",
                             "00-0123456789abcdef0123456789abcdef_00f067aa0ba902b7-00",
                             "00-0123456789abcdef0123456789abcdef-0000000000000000-00",
                             "00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-\r\n",
                             "00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-00-more"})
    EXPECT_EQ(trace(broken), "4bf92f3577b34da6a3ce929d0e0e4736") << broken;
}

TEST(Envelope, TimeIsThatOfTheIdElseOfTheEnvelopeElseOfTheBroker) {
  const Timestamp made = from_iso8601("2025-08-22T09:00:00.500Z");
  const Timestamp broker = from_iso8601("2025-08-22T11:00:00Z");
  EventInfo event = info();
  EXPECT_EQ(event_time(event, broker), from_iso8601("2025-08-22T09:30:00Z"));
  event.id = EventId::generate(made);
  EXPECT_EQ(event_time(event, broker), made);
  event.id = EventId::parse(id);
  event.occurred_at = {};
  EXPECT_EQ(event_time(event, broker), broker);
  EXPECT_EQ(event_time(event, std::nullopt), std::nullopt);
  EXPECT_EQ(decode(encode(event, "{}"), {}).info.occurred_at, Timestamp{});
}

TEST(Envelope, TheVersionIsTheEndOfTheType) {
  EXPECT_EQ(version_of("order.created.v12"), 12);
  for (const char* none : {"order.created", "order.v", "order.v2x", "", "v0", "order.v-1", "order.v99999999999"})
    EXPECT_EQ(version_of(none), 1) << none;
}

}  // namespace

#include "inbox/reading.hpp"

#include <gtest/gtest.h>

#include "event/envelope.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::inbox {
namespace {

const EventId v7 = EventId::generate(from_iso8601("2025-08-22T09:30:00Z"));

class Reading : public testing::Test {
 protected:
  Reading() {
    Handler handler{"thing.v1", Form::single, {}};
    handler.key_of = [](std::string_view payload) -> std::string {
      if (payload == "{}") throw Invalid("/n", "is missing");
      return "from the contract";
    };
    handlers.add(handler);
  }
  ports::Delivery delivery(std::string body) {
    ports::Delivery d;
    d.body = std::move(body);
    return d;
  }
  static std::string body(const EventId& id, const std::string& payload = R"({"n":1})", const std::string& more = "") {
    return R"({"eventId":")" + id.to_string() + R"(","eventType":"thing.v1")" + more + R"(,"payload":)" + payload + "}";
  }
  Event read(ports::Delivery d) { return inbox::read(arrive(std::move(d), handlers), handlers, "inventory"); }

  Handlers handlers;
};

TEST_F(Reading, TheKeyIsTheHeadersElseTheContracts) {
  ports::Delivery d = delivery(body(v7));
  EXPECT_EQ(read(d).key, "from the contract");
  EXPECT_EQ(read(d).envelope.info.key, "from the contract");
  d.headers[ports::header_key] = "from a header";
  EXPECT_EQ(read(d).key, "from a header");
  d.key = "from the broker";
  EXPECT_EQ(read(d).key, "from the broker");
  EXPECT_EQ(read(d).headers.at(ports::header_key), "from the broker") << "so that a copy keeps it";
}

TEST_F(Reading, AKeyThatCannotBeReadIsNone) {
  EXPECT_EQ(read(delivery(body(v7, "{}"))).key, "");
  EXPECT_EQ(read(delivery("garbage")).key, "");
}

TEST_F(Reading, AKeyThatNoColumnTakesStaysDifferentFromOthers) {
  ports::Delivery d = delivery(body(v7));
  d.key = std::string(300, 'x') + "1";
  const std::string one = read(d).key;
  d.key = std::string(300, 'x') + "2";
  const std::string other = read(d).key;
  EXPECT_NE(one, other);
  EXPECT_LE(one.size(), 200u);
  d.key = std::string("nul\0", 4);
  EXPECT_EQ(read(d).key.find('\0'), std::string::npos);
}

TEST_F(Reading, TheIdIsTheBodysWhateverTheBrokerCallsIt) {
  ports::Delivery d = delivery(body(v7));
  d.message_id = EventId::of_body("other").to_string();
  EXPECT_EQ(read(d).id, v7);
  EXPECT_EQ(read(d).guard, EventId::of_body("other")) << "known before the body is parsed";
}

TEST_F(Reading, WithoutAReadableIdItIsTheBrokersElseTheHashOfTheBody) {
  ports::Delivery d = delivery("garbage");
  EXPECT_EQ(read(d).id, EventId::of_body("garbage"));
  d.message_id = v7.to_string();
  EXPECT_EQ(read(d).id, v7);
  EXPECT_EQ(read(d).unreadable->reason, "invalid");
  EXPECT_TRUE(read(d).unreadable->final);
}

TEST_F(Reading, TheTimeIsTheIdsElseTheBodysElseTheBrokers) {
  const EventId timeless = EventId::of_body("x");
  const auto said = from_iso8601("2025-01-01T00:00:00Z"), broker = from_iso8601("2025-02-02T00:00:00Z");
  const std::string stated = R"(,"occurredAtUtc":"2025-01-01T00:00:00Z")";
  EXPECT_EQ(read(delivery(body(v7, "1", stated))).at, v7.time());
  EXPECT_EQ(read(delivery(body(timeless, "1", stated))).at, said);
  ports::Delivery d = delivery(body(timeless));
  EXPECT_EQ(read(d).at, std::nullopt);
  d.broker_time = broker;
  EXPECT_EQ(read(d).at, broker);
}

TEST_F(Reading, TheBodyHashIsOfTypeAndPayload) {
  const std::string producer = R"(,"metadata":{"producer":"p"})";
  EXPECT_EQ(read(delivery(body(v7))).body_hash, read(delivery(body(v7, R"({"n":1})", producer))).body_hash);
  EXPECT_NE(read(delivery(body(v7))).body_hash, read(delivery(body(v7, R"({"n":2})"))).body_hash);
}

TEST_F(Reading, AttemptsCountFromOne) {
  ports::Delivery d = delivery(body(v7));
  EXPECT_EQ(read(d).envelope.info.attempt, 1);
  d.attempt = 2;
  EXPECT_EQ(read(d).envelope.info.attempt, 3);
  EXPECT_EQ(read(d).envelope.info.consumer, "inventory");
}

TEST_F(Reading, ADeferredEventKeepsTheIdThatItIsKnownBy) {
  ports::Deferred row;
  row.id = EventId::of_body("renamed");
  row.body = body(v7);
  row.key = "k";
  row.attempts = 2;
  const Event event = inbox::read(row, 5, "inventory");
  EXPECT_EQ(event.id, row.id);
  EXPECT_EQ(event.envelope.info.id, row.id);
  EXPECT_EQ(event.key, "k");
  EXPECT_EQ(event.copy, 5);
  EXPECT_EQ(event.envelope.info.attempt, 3);
  EXPECT_EQ(id_in(row.body), v7);
}

}  // namespace
}  // namespace holdfast::inbox

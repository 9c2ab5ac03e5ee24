// Addresses, and which topic is whose.
#include <gtest/gtest.h>

#include "holdfast/errors.hpp"
#include "transport/kafka/address.hpp"
#include "transport/kafka/assigned.hpp"
#include "transport/kafka/plan.hpp"

namespace holdfast::transport::kafka {
namespace {

TEST(KafkaAddress, ReadsServersAndTheirPorts) {
  EXPECT_EQ(parse_address("kafka://a,b:1,[::1]:2"), (Address{false, "a:9092,b:1,[::1]:2"}));
  EXPECT_EQ(parse_address("kafka+tls://a").name(), "kafka+tls://a:9092");
}

TEST(KafkaAddress, SaysWhatIsWrongAndNoSecret) {
  for (const auto* url : {"kafka://", "kafka://a,", "kafka://a:0", "kafka://a:b", "kafka://[::1", "kafka://a/x",
                          "kafka://a?b=c", "kafka:a", "http://a", "kafka://me:hidden@a"}) {
    try {
      parse_address(url);
      ADD_FAILURE() << url;
    } catch (const Invalid& wrong) {
      EXPECT_EQ(wrong.where(), "broker.url");
      EXPECT_EQ(std::string(wrong.what()).find("hidden"), std::string::npos);
    }
  }
}

TEST(KafkaTopics, TheFirstRuleThatMatchesATypeAsAWholeOrWithoutItsVersionCounts) {
  const TopicMap map("order.*=orders, stock.#=stock , order.#=never");
  EXPECT_EQ(map.topic_of("order.created.v1"), "orders");
  EXPECT_EQ(map.topic_of("order.created"), "orders");
  EXPECT_EQ(map.topic_of("stock.reserved.eu.v2"), "stock");
  EXPECT_EQ(map.topic_of("payment.charged.v1"), "payment.charged.v1");
  EXPECT_TRUE(map.is_shared("stock"));
  EXPECT_FALSE(map.is_shared("payment.charged.v1"));
  EXPECT_EQ(map.shared_by({"order.created.*", "payment.#"}), (std::vector<std::string>{"never", "orders"}));
  EXPECT_EQ(map.shared_by({"payment.*"}), std::vector<std::string>());
  EXPECT_EQ(TopicMap("").topic_of("a"), "a");
  for (const auto* rules : {"a", "=b", "a=", "a=b c"}) EXPECT_THROW(TopicMap{rules}, Invalid) << rules;
}

TEST(KafkaTopics, TwoPatternsOverlapWhereATypeMatchesBoth) {
  EXPECT_TRUE(overlap("order.*", "*.created"));
  EXPECT_TRUE(overlap("#", "a.b.c"));
  EXPECT_TRUE(overlap("a.#", "a"));
  EXPECT_TRUE(overlap("a.#.z", "a.*.*.z"));
  EXPECT_TRUE(overlap("#.b", "a.#"));
  EXPECT_FALSE(overlap("a.*", "a"));
  EXPECT_FALSE(overlap("a.#.z", "a.b.c"));
  EXPECT_FALSE(overlap("order.*", "stock.#"));
}

TEST(KafkaTopics, AQueueReadsWhatItAskedForAndNoDeadLetters) {
  const Settings settings{.topics = TopicMap("stock.#=stock")};
  const ports::Queue queue{"inventory.q", {"#"}};
  const Topics all{
      {"order.created.v1", {}}, {"inventory.q", {}}, {"inventory.dlt", {}}, {"__consumer_offsets", {}}, {"stock", {}}};
  EXPECT_EQ(read_by(settings, queue, all), (std::vector<std::string>{"inventory.q", "order.created.v1", "stock"}));
  EXPECT_EQ(read_by(settings, {"other.q", {"payment.#"}}, all), std::vector<std::string>());
  EXPECT_EQ(read_by(settings, {"other.q", {"stock.reserved.*"}}, all), std::vector<std::string>{"stock"});
}

Assigned opened(std::int64_t start, const std::string& metadata = "", std::int64_t end = 100) {
  Assigned part({"t", 0}, 1, start, metadata, end, 4);
  (void)part.while_open(), part.committed(start);
  return part;
}

TEST(KafkaAssigned, CommitsAllBeforeTheFirstThatIsOpen) {
  Assigned part = opened(10);
  EXPECT_EQ(part.position(), 10);
  EXPECT_FALSE(part.has_to_commit());
  for (const auto offset : {10, 11, 13}) part.handed_out(offset);
  part.passed_over(14);
  part.settled(11);
  EXPECT_EQ(part.position(), 10);
  part.settled(10);
  EXPECT_EQ(part.position(), 13);
  EXPECT_TRUE(part.has_to_commit());
  EXPECT_EQ(part.at_its_end(), "holdfast handed out to 15");
  part.settled(13);
  EXPECT_EQ(part.position(), 15);
  EXPECT_EQ(part.at_its_end(), "");
}

TEST(KafkaAssigned, G5_Isolation_HandsOutNothingBeforeACommitSaysSo) {
  Assigned part({"t", 0}, 1, 10, "", 10, 4);
  EXPECT_FALSE(part.may_hand_out(10));
  EXPECT_EQ(part.while_open(), "holdfast handed out to 14");
  EXPECT_FALSE(part.may_hand_out(10)) << "it is on its way";
  part.committed(10);
  EXPECT_TRUE(part.may_hand_out(13));
  EXPECT_FALSE(part.may_hand_out(14));
  for (const auto offset : {10, 11, 12}) part.handed_out(offset);
  EXPECT_TRUE(part.has_to_commit()) << "in time, though nothing is settled";
  EXPECT_EQ(part.while_open(), "holdfast handed out to 17");
  part.committed(10);
  EXPECT_TRUE(part.may_hand_out(16));
}

TEST(KafkaAssigned, KnowsWhatAHandlerMayHaveHad) {
  const Assigned before = opened(10, "holdfast handed out to 15");
  EXPECT_TRUE(before.redelivered(14));
  EXPECT_FALSE(before.redelivered(15));
  Assigned far = opened(10, "holdfast handed out to 90");
  EXPECT_TRUE(far.redelivered(89)) << "however far behind the first that is open";
  EXPECT_EQ(far.while_open(), "holdfast handed out to 90") << "never less than the one before it said";
  EXPECT_FALSE(opened(10, "holdfast handed out to 90", 50).redelivered(50)) << "it was not there";
  EXPECT_FALSE(opened(10, "of somebody else").redelivered(10));
}

}  // namespace
}  // namespace holdfast::transport::kafka

// What kafka::open says of options that cannot be.
#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>

#include "holdfast/errors.hpp"
#include "holdfast/kafka.hpp"
#include "transport/kafka/settings.hpp"

namespace holdfast::kafka {
namespace {

using testing::HasSubstr;

std::string why(Options options) {
  options.url = "kafka://127.0.0.1:9";
  try {
    open(std::move(options));
  } catch (const Invalid& e) { return e.what(); }
  return "";
}

TEST(KafkaOptions, WhatCannotBeIsNamedWithWhatCan) {
  EXPECT_EQ(why({}), "");
  EXPECT_THAT(why({.partitions = 0}), HasSubstr("broker.partitions: 1 to 10000"));
  EXPECT_THAT(why({.replication = -1}), HasSubstr("broker.replication"));
  EXPECT_THAT(why({.username = "me", .password = "secret"}), HasSubstr("broker.sasl"));
  EXPECT_THAT(why({.sasl = Sasl::plain}), HasSubstr("broker.username"));
}

TEST(KafkaOptions, CooperativeIsRefusedWhereTheLibraryIsNotSound) {
  const auto said = why({.rebalance = Rebalance::cooperative});
  if (rd_kafka_version() < transport::kafka::cooperates_from) {
    EXPECT_THAT(said, HasSubstr("broker.rebalance: cooperative needs librdkafka 2.10, and this is "));
    EXPECT_THAT(said, HasSubstr("use eager"));
  } else {
    EXPECT_EQ(said, "");
  }
}

}  // namespace
}  // namespace holdfast::kafka

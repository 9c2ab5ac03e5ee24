// The keys of every service, what they exclude together, and the page that lists them.
#include "service/keys.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "holdfast/errors.hpp"
#include "service/units.hpp"

namespace holdfast::service {
namespace {

Config service_config(const std::vector<std::pair<std::string, std::string>>& set = {}) {
  Config config(service_keys({.name = "order-service", .listen = "127.0.0.1:8081"}));
  for (const auto& [key, value] : set) config.set(key, value, "here");
  return config;
}

std::string fault(const Config& config) {
  try {
    check_together(config);
  } catch (const Invalid& invalid) { return invalid.what(); }
  return "";
}

TEST(Keys, TheDefaultsGoTogether) { EXPECT_EQ(fault(service_config()), ""); }

TEST(Keys, TheInboxRemembersLongerThanTheOutboxSendsAgain) {
  EXPECT_NE(fault(service_config({{"retention.inbox", "7d"}})), "");
  EXPECT_NE(fault(service_config({{"retention.published", "30d"}})), "");
  EXPECT_EQ(fault(service_config({{"retention.inbox", "8d"}})), "");
  EXPECT_NE(fault(service_config({{"retention.inbox", "191h"}})), "") << "one hour short of 8d";
  EXPECT_EQ(fault(service_config({{"retention.inbox", "1d"}, {"retention.published", "0s"}})), "");
}

TEST(Keys, WhatIsKeptByTheHourIsGivenInHours) {
  const auto fault_of = [](const char* published) {
    return fault(service_config({{"retention.published", published}}));
  };
  for (const auto* odd : {"1ms", "10m", "90m", "86401s"})
    EXPECT_TRUE(fault_of(odd).starts_with("here: retention.published: whole hours")) << odd << ": " << fault_of(odd);
  for (const auto* whole : {"0s", "60m", "1h", "36h", "7d"}) EXPECT_EQ(fault_of(whole), "") << whole;
  EXPECT_TRUE(fault(service_config({{"retention.inbox", "20161m"}})).starts_with("here: retention.inbox: whole hours"));
}

TEST(Keys, NumbersHaveBounds) {
  for (const auto* key : {"database.connections", "http.workers", "http.max_connections", "relay.in_flight",
                          "consumer.concurrency", "consumer.batch"}) {
    EXPECT_NE(fault(service_config({{key, "0"}})), "") << key;
    EXPECT_NE(fault(service_config({{key, "1000000"}})), "") << key;
    EXPECT_EQ(fault(service_config({{key, "1"}})), "") << key;
  }
  EXPECT_EQ(fault(service_config({{"relay.in_flight", "2000"}})), "");
  EXPECT_EQ(fault(service_config({{"relay.in_flight", "2001"}})), "here: relay.in_flight: 1 to 2000")
      << "no transport has more of them in flight";
  EXPECT_NE(fault(service_config({{"consumer.handler_deadline", "999ms"}})), "");
  EXPECT_EQ(fault(service_config({{"consumer.handler_deadline", "1s"}})), "");
}

TEST(Keys, WhatIsAsCodedIsCheckedWhereItIsSet) {
  for (const auto& [key, value] : {std::pair{"consumer.batch", "many"},
                                   {"consumer.concurrency", "-1"},
                                   {"consumer.handler_deadline", "5 minutes"}})
    try {
      service_config({{key, value}});
      FAIL() << key;
    } catch (const Invalid& invalid) {
      EXPECT_EQ(invalid.where(), "here") << key;
      EXPECT_TRUE(invalid.reason().starts_with(std::string(key) + ": '" + value + "' is not understood"))
          << invalid.reason();
    }
}

TEST(Keys, AddressesAreReadBeforeAnythingStarts) {
  EXPECT_TRUE(fault(service_config({{"http.listen", "8081"}})).starts_with("here: "));
  EXPECT_TRUE(fault(service_config({{"database.url", "orders.db"}})).starts_with("here: "));
  EXPECT_TRUE(fault(service_config({{"database.url", "oracle:orders"}})).starts_with("here: "));
  EXPECT_TRUE(fault(service_config({{"broker.url", "sqlite:"}})).starts_with("here: "));
#ifdef HOLDFAST_WITH_RABBITMQ
  EXPECT_EQ(fault(service_config({{"broker.url", "amqps://app:secret@broker/shop"}})), "");
  const auto wrong = fault(service_config({{"broker.url", "amqp://app:secret@broker:port"}}));
  EXPECT_TRUE(wrong.starts_with("here: broker.url: ")) << wrong;
  EXPECT_EQ(wrong.find("secret"), wrong.npos) << wrong;
#endif
}

struct Row {
  std::string key, default_value;
};

/// | `key` | `default` | ... of the page.
std::vector<Row> rows_of(const std::string& page) {
  std::ifstream file(page);
  EXPECT_TRUE(file) << page;
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    std::string empty, key, value;
    std::getline(cells, empty, '|'), std::getline(cells, key, '|'), std::getline(cells, value, '|');
    if (empty.empty() && key.starts_with(" `"))
      rows.push_back({key.substr(2, key.size() - 4), value.substr(1, value.size() - 2)});
  }
  return rows;
}

TEST(Keys, TheirPageListsThemAllWithTheirDefaults) {
  std::string ledger;
  const auto keys = service_keys({.name = "<name>",
                                  .listen = "127.0.0.1:8081 (order), 8082 (inventory), 8083 (payment)",
                                  .settings = {{"gateway.ledger", "payment-gateway.db", "", &ledger}}});
  const auto shown = [](const Key& key) -> std::string {
    if (key.name == "name") return "the program's name";
    if (key.name == "http.listen") return key.default_value;
    const bool may_be_none =
        key.name.starts_with("broker.") || key.name.starts_with("trace.") || key.name == "relay.listen";
    if (may_be_none && key.default_value.empty()) return "none";
    return key.default_value.empty() ? "as coded" : "`" + key.default_value + "`";
  };
  const auto rows = rows_of(HOLDFAST_SOURCE_DIR "/docs/configuration.md");
  ASSERT_EQ(rows.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(rows[i].key, keys[i].name);
    EXPECT_EQ(rows[i].default_value, shown(keys[i])) << keys[i].name;
  }
}

TEST(Keys, TheNamesThatOpenTelemetryHasForThemAreReadWhereOursSayNothing) {
  const char* environment[] = {"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318", "OTEL_SERVICE_NAME=shop", nullptr};
  auto config = service_config();
  config.read_environment(environment);
  EXPECT_EQ(config.text("trace.endpoint"), "http://127.0.0.1:4318");
  EXPECT_EQ(config.from("trace.endpoint"), "OTEL_EXPORTER_OTLP_ENDPOINT");
  EXPECT_EQ(config.text("trace.service"), "shop");
  const char* both[] = {"HOLDFAST_TRACE_ENDPOINT=", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318", nullptr};
  auto off = service_config();
  off.read_environment(both);
  EXPECT_EQ(off.text("trace.endpoint"), "") << "empty switches it off";
  auto by_file = service_config({{"trace.endpoint", "http://127.0.0.1:9"}});
  by_file.read_environment(environment);
  EXPECT_EQ(by_file.text("trace.endpoint"), "http://127.0.0.1:9");
}

TEST(Keys, ACollectorThatCannotBeSpokenToIsRefusedByTheNameThatWasGiven) {
  const char* environment[] = {"OTEL_EXPORTER_OTLP_ENDPOINT=https://collector:4318", nullptr};
  auto config = service_config();
  config.read_environment(environment);
  EXPECT_NE(fault(config).find("OTEL_EXPORTER_OTLP_ENDPOINT"), std::string::npos) << fault(config);
  EXPECT_NE(fault(service_config({{"trace.sample", "some"}})).find("trace.sample"), std::string::npos);
  EXPECT_NE(fault(service_config({{"trace.sample", "1.5"}})).find("trace.sample"), std::string::npos);
}

TEST(Units, AreReadExactly) {
  using namespace std::chrono_literals;
  EXPECT_EQ(parse_duration("100ms"), 100ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("14d"), 336h);
  EXPECT_EQ(parse_size("65536"), 65536);
  EXPECT_EQ(parse_size("64KiB"), 65536);
  EXPECT_EQ(parse_size("1MiB"), 1 << 20);
  EXPECT_EQ(parse_size("2GiB"), std::int64_t{2} << 30);
  for (const auto* bad : {"", "5", "s", "5 s", "-5s", "-0s", "5S", "5.5s", "99999999999999d"})
    EXPECT_THROW(parse_duration(bad), Invalid) << bad;
  for (const auto* bad : {"", "KiB", "1kb", "-1", "-0", "9999999999GiB"}) EXPECT_THROW(parse_size(bad), Invalid) << bad;
  EXPECT_TRUE(parse_boolean("true"));
  EXPECT_FALSE(parse_boolean("false"));
  for (const auto* bad : {"", "1", "True", "yes"}) EXPECT_THROW(parse_boolean(bad), Invalid) << bad;
}

}  // namespace
}  // namespace holdfast::service

// Publishing: who gets an event, what of it arrives, what becomes of one that nobody wants.
#include "suite.hpp"

namespace holdfast::conformance {

using ports::Outcome;

TEST_P(TransportConformance, hands_an_event_over_as_it_was) {
  const auto receiver = subscribe({"q", {"#"}});
  auto sent = event(std::string("{\"a\":\0\xff}", 9), "order.created.v1", "42");
  sent.headers = {{"traceparent", "00-1-2-01"},
                  {ports::header_copy, "3"},
                  {ports::header_attempt, "2"},
                  {"quoted", "\"\\ \n\u00e9"}};
  EXPECT_EQ(publish({sent}).at(0).outcome, Outcome::confirmed);
  const auto got = take(*receiver, 1);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].body, sent.envelope);
  EXPECT_EQ(got[0].message_id, sent.id.to_string());
  EXPECT_EQ(got[0].type, "order.created.v1");
  EXPECT_EQ(got[0].key, "42");
  EXPECT_EQ(got[0].copy, 3);
  EXPECT_EQ(got[0].attempt, 2);
  auto headers = sent.headers;
  headers[ports::header_key] = "42";
  EXPECT_EQ(got[0].headers, headers);
  EXPECT_FALSE(got[0].redelivered);
}

TEST_P(TransportConformance, an_event_without_key_arrives_without_one) {
  const auto receiver = subscribe({"q", {"#"}});
  publish({event("e", "t", std::nullopt)});
  const auto got = take(*receiver, 1);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].key, std::nullopt);
  EXPECT_EQ(got[0].copy, 0);
  EXPECT_EQ(got[0].attempt, 0);
}

TEST_P(TransportConformance, each_queue_that_matches_gets_it_once) {
  const auto first = subscribe({"first", {"order.created.*", "order.#"}});
  const auto second = subscribe({"second", {"order.created.v1"}});
  const auto other = subscribe({"other", {"stock.#"}});
  publish_all({"e"});
  EXPECT_EQ(bodies(take(*first, 1)), Bodies{"e"});
  EXPECT_EQ(bodies(take(*second, 1)), Bodies{"e"});
  EXPECT_TRUE(poll(*first).deliveries.empty());
  EXPECT_TRUE(poll(*other).deliveries.empty());
}

TEST_P(TransportConformance, events_arrive_in_the_order_in_which_they_were_accepted) {
  const auto receiver = subscribe({"q", {"#"}});
  Bodies sent;
  for (int i = 0; i < 60; ++i) sent.push_back("event " + std::to_string(i));
  publish_all(sent);
  EXPECT_EQ(bodies(take(*receiver, 60)), sent);
}

TEST_P(TransportConformance, waits_in_its_queue_until_there_is_a_receiver) {
  transport.topology().declare({"q", {"#"}});
  publish_all({"early"});
  EXPECT_EQ(bodies(take(*another({"q", {"#"}}), 1)), Bodies{"early"});
}

TEST_P(TransportConformance, a_destination_is_one_queue_whatever_its_bindings) {
  const auto wanted = subscribe({"wanted", {}});
  const auto bound = subscribe({"bound", {"#"}});
  auto direct = event("direct");
  direct.destination = "wanted";
  EXPECT_EQ(publish({direct}).at(0).outcome, Outcome::confirmed);
  EXPECT_EQ(bodies(take(*wanted, 1)), Bodies{"direct"});
  EXPECT_TRUE(poll(*bound).deliveries.empty());
}

TEST_P(TransportConformance, G1_NoLoss_what_no_queue_takes_is_returned) {
  subscribe({"q", {"order.#"}});
  auto lost = event("lost", "stock.reserved.v1", "2");
  auto astray = event("astray", "order.created.v1", "3");
  astray.destination = "no such queue";
  const auto results = publish({lost, astray, event("good")});
  if (!transport.publisher()->traits().reports_unroutable) GTEST_SKIP() << "this transport cannot tell";
  EXPECT_EQ(results.at(0).outcome, Outcome::returned);
  EXPECT_NE(results.at(0).error, "");
  EXPECT_EQ(results.at(1).outcome, Outcome::returned);
  EXPECT_EQ(results.at(2).outcome, Outcome::confirmed);
}

TEST_P(TransportConformance, what_may_reach_nobody_is_confirmed) {
  subscribe({"q", {"order.#"}});
  auto news = event("news", "stock.reserved.v1");
  news.unrouted_ok = true;
  EXPECT_EQ(publish({news}).at(0).outcome, Outcome::confirmed);
}

TEST_P(TransportConformance, G4_Order_after_a_return_nothing_of_that_key_passes) {
  if (!transport.publisher()->traits().keeps_session_order) GTEST_SKIP() << "the relay has one of a key in flight";
  const auto receiver = subscribe({"q", {"order.#"}});
  auto news = event("third of a", "order.created.v1", "a");
  news.unrouted_ok = true;
  auto astray = event("second of a", "unknown", "a");
  astray.destination = "no such queue";
  const auto results =
      publish({event("first of a", "order.created.v1", "a"), astray, news, event("first of b", "order.created.v1", "b"),
               event("keyless", "order.created.v1", std::nullopt)});
  EXPECT_EQ(results.at(0).outcome, Outcome::confirmed);
  EXPECT_EQ(results.at(1).outcome, Outcome::returned);
  EXPECT_EQ(results.at(2).outcome, Outcome::returned);
  EXPECT_EQ(results.at(3).outcome, Outcome::confirmed);
  EXPECT_EQ(results.at(4).outcome, Outcome::confirmed);
  EXPECT_EQ(bodies(take(*receiver, 3)), (Bodies{"first of a", "first of b", "keyless"}));
}

TEST_P(TransportConformance, a_session_that_is_ended_owes_nothing) {
  subscribe({"q", {"#"}});
  const auto publisher = transport.publisher();
  const auto open = event("open");
  ASSERT_TRUE(publisher->accept({7, &open}));
  publisher->abort();
  Results results;
  EXPECT_EQ(publisher->pump(soon(), results), ports::SessionState::closed);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].token, 7u);
  EXPECT_EQ(results[0].outcome, Outcome::unknown);
  EXPECT_FALSE(publisher->accept({8, &open}));
  EXPECT_EQ(publisher->pump(soon(), results), ports::SessionState::closed);
  EXPECT_EQ(results.size(), 1u);
  EXPECT_NE(publisher->why_closed(), "");
}

TEST_P(TransportConformance, a_publisher_that_is_called_comes_back) {
  const auto publisher = transport.publisher();
  Results results;
  publisher->wake();
  EXPECT_EQ(publisher->pump(now() + std::chrono::hours(1), results), ports::SessionState::open);
  EXPECT_TRUE(results.empty());
}

/// At once, as the relay says it: the time that is left until then is none, and no number.
TEST_P(TransportConformance, a_pump_whose_time_is_over_comes_back) {
  const auto publisher = transport.publisher();
  const auto receiver = subscribe({"q", {"order.created.*"}});
  Results results;
  publisher->pump(ports::Tick::min(), results);
  EXPECT_TRUE(results.empty());
  ports::Received got;
  receiver->pump(ports::Tick::min(), got);
  EXPECT_TRUE(got.deliveries.empty());
}

}  // namespace holdfast::conformance

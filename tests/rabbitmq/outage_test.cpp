// The broker killed, its connections cut, its queue deleted: nothing confirmed is lost, and receivers come back by themselves.
#include <csignal>
#include <set>

#include "rabbitmq/fixture.hpp"

namespace holdfast::rabbit_test {
namespace {

struct RabbitOutage : RabbitTest {
  ~RabbitOutage() override {
    if (!server().running()) server().start();
  }
  void cut_all() const { server().ctl({"close_all_connections", "--vhost", vhost.name(), "a test cuts them"}); }
};

TEST_F(RabbitOutage, G1_NoLoss_KilledWhileAThousandFly) {
  const ports::Queue queue{"q", {"#"}};
  auto receiver = subscribe(queue);
  server().settle_new_queues();
  const auto publisher = broker->publisher();
  std::vector<ports::OutgoingEvent> events;
  for (int i = 0; i < 1'000; ++i) events.push_back(event("event " + std::to_string(i), std::to_string(i)));
  Results results;
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_TRUE(publisher->accept({i, &events[i]}));
    if (i % 50 == 49) publisher->pump(now(), results);
  }
  pump(*publisher, results, results.size() + 1);  // some are confirmed, some fly
  server().stop(SIGKILL);
  EXPECT_EQ(pump(*publisher, results, 1'001), ports::SessionState::closed);
  ASSERT_EQ(results.size(), 1'000u);
  EXPECT_EQ(publisher->blame(), ports::Blame::nobody);
  std::set<std::string> confirmed, tokens;
  for (const auto& r : results) {
    tokens.insert(std::to_string(r.token));
    if (r.outcome == Outcome::confirmed) confirmed.insert(events[r.token].envelope);
    else EXPECT_EQ(r.outcome, Outcome::unknown);
  }
  EXPECT_EQ(tokens.size(), 1'000u) << "a result for each";
  EXPECT_FALSE(confirmed.empty());
  EXPECT_LT(confirmed.size(), 1'000u) << "none flew any more when it was killed: this test tests nothing";
  EXPECT_THROW(broker->publisher(), Unavailable);
  EXPECT_THROW(broker->topology().declare(queue), Unavailable);

  server().start();
  receiver->credit(2'000);
  EXPECT_TRUE(eventually(*receiver,
                         [&](const auto& got) {
                           for (const auto& e : got.deliveries) confirmed.erase(e.body);
                           ack(*receiver, got.deliveries);
                           return confirmed.empty();
                         }))
      << confirmed.size() << " confirmed events are lost";
}

TEST_F(RabbitOutage, AReceiverComesBackAndItsOldTagsCountNoMore) {
  const auto receiver = subscribe({"q", {"#"}});
  publish({event("1"), event("2")});
  const auto before = take(*receiver, 2);
  ASSERT_EQ(before.size(), 2u);
  cut_all();
  std::vector<std::uint64_t> ended;
  std::vector<ports::Delivery> again;
  std::string problem;
  EXPECT_TRUE(eventually(*receiver, [&](const ports::Received& got) {
    ended.insert(ended.end(), got.ended.begin(), got.ended.end());
    if (!got.connected) problem = got.problem;
    again.insert(again.end(), got.deliveries.begin(), got.deliveries.end());
    return again.size() == 2;
  }));
  EXPECT_EQ(ended, std::vector{before[0].session});
  EXPECT_NE(problem.find("a test cuts them"), std::string::npos) << problem;
  EXPECT_TRUE(again.at(0).redelivered);
  ack(*receiver,
      before);  // tags 1 and 2 of the channel that is over: on this one they would be two events that are not settled
  ports::Received got;
  receiver->pump(now() + ports::Millis(100), got);
  EXPECT_TRUE(got.connected) << got.problem;
  receiver->disconnect();
  EXPECT_EQ(bodies(take(*receiver, 2)), (Bodies{"1", "2"}));
}

TEST_F(RabbitOutage, ThePublisherOfACutConnectionOwesNothing) {
  subscribe({"q", {"#"}});
  const auto publisher = broker->publisher();
  std::vector<ports::OutgoingEvent> events;
  for (int i = 0; i < 200; ++i) events.push_back(event("event " + std::to_string(i)));
  Results results;
  for (std::size_t i = 0; i < events.size(); ++i) ASSERT_TRUE(publisher->accept({i, &events[i]}));
  publisher->pump(now(), results);  // they are on their way
  cut_all();
  EXPECT_EQ(pump(*publisher, results, events.size() + 1), ports::SessionState::closed);
  EXPECT_EQ(results.size(), events.size()) << "a result for each";
  EXPECT_EQ(count(results, Outcome::confirmed) + count(results, Outcome::unknown), 200);
  EXPECT_EQ(publisher->blame(), ports::Blame::nobody) << publisher->why_closed();
  EXPECT_NE(publisher->why_closed().find("320"), std::string::npos) << publisher->why_closed();
}

/// Without the notice that RabbitMQ gives to who asks for it, a consumer of a deleted queue hears nothing for ever.
TEST_F(RabbitOutage, ADeletedQueueIsDeclaredAgainAndTold) {
  const ports::Queue queue{"q", {"order.#"}, true};
  const auto receiver = subscribe(queue);
  publish({event("1")});
  const auto first = take(*receiver, 1);
  ASSERT_EQ(first.size(), 1u);
  Client(vhost.url()).remove_queue("q");
  std::string problem;
  bool back = false;
  EXPECT_TRUE(eventually(*receiver, [&](const ports::Received& got) {
    if (!got.connected) problem = got.problem;
    back = back || (!problem.empty() && got.connected);
    return back;
  }));
  EXPECT_NE(problem.find("deleted"), std::string::npos) << problem;
  const auto declared = broker->topology().declare(queue);
  EXPECT_EQ(declared.restored, std::vector<std::string>{"order.#"});
  EXPECT_TRUE(declared.queue_was_gone) << "what it held is gone, however old";
  EXPECT_TRUE(broker->topology().declare(queue).restored.empty());
  EXPECT_EQ(count(publish({event("2")}), Outcome::confirmed), 1);
  EXPECT_EQ(bodies(take(*receiver, 1)), Bodies{"2"});
}

TEST_F(RabbitOutage, ADeletedExchangeIsDeclaredAgainAndTold) {
  const ports::Queue queue{"q", {"order.created.*", "order.cancelled.*"}};
  broker->topology().declare(queue);
  Client(vhost.url()).remove_exchange("orders.exchange");
  const auto declared = broker->topology().declare(queue);
  EXPECT_EQ(declared.restored, queue.patterns);
  EXPECT_FALSE(declared.queue_was_gone);
  EXPECT_EQ(count(publish({event("1")}), Outcome::confirmed), 1);
}

TEST_F(RabbitOutage, TheTopologySurvivesACutConnection) {
  const ports::Queue queue{"q", {"#"}};
  broker->topology().declare(queue);
  cut_all();
  EXPECT_TRUE(broker->topology().declare(queue).restored.empty());
  cut_all();
  EXPECT_EQ(broker->topology().depth("q").ready, 0);
  EXPECT_EQ(broker->topology().depth("no such queue").ready, 0);
  EXPECT_EQ(broker->topology().depth("").ready, 0);
}

}  // namespace
}  // namespace holdfast::rabbit_test

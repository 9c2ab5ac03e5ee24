#include "rabbitmq/fixture.hpp"

#include <algorithm>

namespace holdfast::rabbit_test {

std::unique_ptr<ports::Receiver> RabbitTest::subscribe(const ports::Queue& queue) {
  broker->topology().declare(queue);
  auto receiver = broker->receiver(queue, "test");
  receiver->credit(100);
  return receiver;
}

ports::OutgoingEvent RabbitTest::event(const std::string& body, std::optional<std::string> key) {
  ports::OutgoingEvent out;
  out.id = EventId::of_body(body), out.type = "order.created.v1", out.key = std::move(key), out.envelope = body;
  return out;
}

ports::OutgoingEvent RabbitTest::to(const std::string& queue, const std::string& body) {
  auto out = event(body);
  out.destination = queue;
  return out;
}

Results RabbitTest::publish(const std::vector<ports::OutgoingEvent>& events) {
  const auto publisher = broker->publisher();
  Results results;
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_TRUE(publisher->accept({i, &events[i]}));
  pump(*publisher, results, events.size());
  EXPECT_EQ(results.size(), events.size()) << publisher->why_closed();
  std::ranges::sort(results, {}, &ports::PublishResult::token);
  return results;
}

ports::SessionState RabbitTest::pump(ports::Publisher& publisher, Results& results, std::size_t count) {
  auto state = ports::SessionState::open;
  for (const auto end = soon(); results.size() < count && state != ports::SessionState::closed && now() < end;)
    state = publisher.pump(end, results);
  return state;
}

std::vector<ports::Delivery> RabbitTest::take(ports::Receiver& receiver, std::size_t count) {
  std::vector<ports::Delivery> out;
  eventually(receiver, [&](const ports::Received& got) {
    out.insert(out.end(), got.deliveries.begin(), got.deliveries.end());
    return out.size() >= count;
  });
  return out;
}

bool RabbitTest::eventually(ports::Receiver& receiver, const std::function<bool(const ports::Received&)>& holds) {
  for (const auto end = soon(); now() < end;) {
    ports::Received got;
    receiver.pump(std::min(end, now() + ports::Millis(50)), got);
    if (holds(got)) return true;
  }
  return false;
}

void RabbitTest::ack(ports::Receiver& receiver, const std::vector<ports::Delivery>& events) {
  std::vector<ports::Position> positions;
  for (const auto& e : events) positions.push_back({e.session, e.tag});
  receiver.ack(positions);
}

Bodies RabbitTest::bodies(const std::vector<ports::Delivery>& events) {
  Bodies out;
  for (const auto& e : events) out.push_back(e.body);
  return out;
}

std::ptrdiff_t RabbitTest::count(const Results& results, Outcome outcome) {
  return std::ranges::count(results, outcome, &ports::PublishResult::outcome);
}

}  // namespace holdfast::rabbit_test

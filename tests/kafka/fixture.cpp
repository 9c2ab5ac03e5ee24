#include "kafka/fixture.hpp"

#include <algorithm>

namespace holdfast::kafka_test {

using namespace std::chrono_literals;

ports::OutgoingEvent KafkaTest::event(const std::string& body, std::optional<std::string> key,
                                      const std::string& type) {
  ports::OutgoingEvent out;
  out.id = EventId::of_body(body), out.type = type, out.key = std::move(key), out.envelope = body;
  return out;
}

Results KafkaTest::publish(Broker& broker, const std::vector<ports::OutgoingEvent>& events) {
  const auto publisher = broker->publisher();
  Results results;
  for (std::size_t i = 0; i < events.size(); ++i)
    while (!publisher->accept({i, &events[i]}) && publisher->pump(soon(), results) != ports::SessionState::closed) {}
  while (results.size() < events.size() && publisher->pump(soon(), results) != ports::SessionState::closed) {}
  std::ranges::sort(results, {}, &ports::PublishResult::token);
  EXPECT_EQ(results.size(), events.size());
  results.resize(events.size());
  return results;
}

Results KafkaTest::pump(ports::Publisher& publisher, std::size_t count) {
  Results results;
  const auto end = soon();
  while (results.size() < count && now() < end) publisher.pump(end, results);
  std::ranges::sort(results, {}, &ports::PublishResult::token);
  EXPECT_EQ(results.size(), count);
  results.resize(count);
  return results;
}

bool KafkaTest::eventually(const std::vector<ports::Receiver*>& receivers,
                           const std::function<bool(const ports::Received&)>& holds) {
  for (const auto end = soon(); now() < end;)
    for (auto* receiver : receivers) {
      ports::Received got;
      receiver->pump(now() + 20ms, got);
      if (receiver == receivers.front() && holds(got)) return true;
    }
  return false;
}

std::vector<ports::Delivery> KafkaTest::take(ports::Receiver& receiver, std::size_t count, int credit) {
  std::vector<ports::Delivery> all;
  std::string problem;
  receiver.credit(credit);
  const bool came = eventually({&receiver}, [&](const ports::Received& got) {
    all.insert(all.end(), got.deliveries.begin(), got.deliveries.end());
    problem = got.problem;
    return all.size() >= count;
  });
  EXPECT_TRUE(came) << problem;
  return all;
}

void KafkaTest::ack(ports::Receiver& receiver, const std::vector<ports::Delivery>& events) {
  for (const auto& one : events) {
    const ports::Position settled{one.session, one.tag};
    receiver.ack({&settled, 1});
  }
}

Bodies KafkaTest::bodies(const std::vector<ports::Delivery>& events) {
  Bodies all;
  for (const auto& one : events) all.push_back(one.body);
  return all;
}

Bodies KafkaTest::stored(const std::string& topic) const {
  Bodies all;
  for (const auto& one : op.all(topic)) all.push_back(one.value);
  return all;
}

}  // namespace holdfast::kafka_test

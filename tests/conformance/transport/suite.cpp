#include "suite.hpp"

#include <algorithm>

namespace holdfast::conformance {
namespace {

constexpr int rounds = 1'000;  // of a transport whose pump() does not wait
constexpr int looks = 100'000;  // at a depth: each may take less than a millisecond, and a server may need seconds
constexpr ports::Millis slice{20};

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TransportConformance);

std::unique_ptr<ports::Receiver> TransportConformance::subscribe(const ports::Queue& queue) {
  transport.topology().declare(queue);
  return another(queue);
}

std::unique_ptr<ports::Receiver> TransportConformance::another(const ports::Queue& queue) {
  auto receiver = transport.receiver(queue, "receiver " + std::to_string(++receivers_));
  receiver->credit(100);
  return receiver;
}

ports::OutgoingEvent TransportConformance::event(std::string body, std::string type, std::optional<std::string> key) {
  ports::OutgoingEvent out;
  out.id = EventId::of_body(body), out.type = std::move(type), out.key = std::move(key), out.envelope = std::move(body);
  return out;
}

TransportConformance::Results TransportConformance::publish(const std::vector<ports::OutgoingEvent>& events) {
  const auto publisher = transport.publisher();
  Results results;
  for (std::size_t i = 0; i < events.size(); ++i)
    for (int round = 0; round < rounds && !publisher->accept({i, &events[i]}); ++round)
      publisher->pump(soon(), results);
  for (int round = 0; round < rounds && results.size() < events.size(); ++round) publisher->pump(soon(), results);
  EXPECT_EQ(results.size(), events.size()) << publisher->why_closed();
  std::ranges::sort(results, {}, &ports::PublishResult::token);
  return results;
}

void TransportConformance::publish_all(const Bodies& bodies, const std::string& type) {
  std::vector<ports::OutgoingEvent> events;
  for (const auto& body : bodies) events.push_back(event(body, type));
  for (const auto& result : publish(events)) EXPECT_EQ(result.outcome, ports::Outcome::confirmed) << result.error;
}

std::vector<ports::Delivery> TransportConformance::take(ports::Receiver& receiver, std::size_t count) {
  std::vector<ports::Delivery> out;
  eventually(receiver, [&](const ports::Received& got) {
    out.insert(out.end(), got.deliveries.begin(), got.deliveries.end());
    return out.size() >= count;
  });
  return out;
}

ports::Received TransportConformance::poll(ports::Receiver& receiver) {
  ports::Received got;
  receiver.pump(now(), got);
  return got;
}

bool TransportConformance::eventually(ports::Receiver& receiver,
                                      const std::function<bool(const ports::Received&)>& holds) {
  const auto end = soon();
  for (int round = 0; round < rounds && now() <= end; ++round) {
    ports::Received got;
    receiver.pump(std::min(end, now() + slice), got);
    if (holds(got)) return true;
  }
  return false;
}

void TransportConformance::ack(ports::Receiver& receiver, const std::vector<ports::Delivery>& events) {
  std::vector<ports::Position> positions;
  positions.reserve(events.size());
  for (const auto& e : events) positions.push_back({e.session, e.tag});
  receiver.ack(positions);
}

void TransportConformance::expect_depth(const std::string& queue, const ports::Topology::Depth& depth) {
  if (bench->features().prefetches && depth.handed_out > 0) {
    EXPECT_LE(transport.topology().depth(queue).ready, depth.ready - depth.handed_out);
    return;
  }
  const auto end = soon();
  auto wanted = depth;
  if (!bench->features().tells_handed_out) wanted.handed_out = 0;
  auto found = transport.topology().depth(queue);
  for (int round = 0; round < looks && found != wanted && now() <= end; ++round)
    found = transport.topology().depth(queue);
  EXPECT_EQ(found.ready, depth.ready);
  EXPECT_EQ(found.handed_out, wanted.handed_out);
  EXPECT_EQ(found.dead_letters, depth.dead_letters);
}

TransportConformance::Bodies TransportConformance::bodies(const std::vector<ports::Delivery>& events) {
  Bodies out;
  for (const auto& e : events) out.push_back(e.body);
  return out;
}

}  // namespace holdfast::conformance

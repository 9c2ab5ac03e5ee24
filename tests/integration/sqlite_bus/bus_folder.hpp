// A bus in a folder of its own, and the few things that every test does with one.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>

#include "ports/transport_base.hpp"
#include "transport/sqlite_bus/bus.hpp"

namespace holdfast::bus_test {

using transport::sqlite_bus::Settings;
using namespace std::chrono_literals;

/// A lease that no test outlives: what ends it is the lock.
inline Settings test_settings(ports::Millis busy_timeout = 20s) {
  Settings settings;
  settings.lease = 1h, settings.busy_timeout = busy_timeout, settings.again = 5ms;
  return settings;
}

class BusFolder : public ::testing::Test {
 protected:
  BusFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "holdfast-bus-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~BusFolder() override { std::filesystem::remove_all(folder); }
  std::string file() const { return (folder / "bus.db").string(); }

  std::filesystem::path folder;
};

inline std::shared_ptr<detail::TransportBase> open(const std::string& file,
                                                   const ports::Clock& clock = ports::system_clock(),
                                                   Settings settings = test_settings()) {
  return transport::open_sqlite_bus(file, clock, settings).impl();
}

inline std::unique_ptr<ports::Receiver> receive(detail::TransportBase& bus, const std::string& queue,
                                                int credit = 1'000) {
  auto receiver = bus.receiver({queue, {}}, "a test");
  receiver->credit(credit);
  return receiver;
}

inline ports::OutgoingEvent event(const std::string& body, const std::string& key = "1") {
  ports::OutgoingEvent out;
  out.id = EventId::of_body(body), out.type = "order.created.v1", out.key = key, out.envelope = body;
  return out;
}

inline std::vector<ports::PublishResult> publish(detail::TransportBase& bus, const std::vector<std::string>& bodies) {
  const auto publisher = bus.publisher();
  std::vector<ports::PublishResult> results;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const auto one = event(bodies[i]);
    EXPECT_TRUE(publisher->accept({i, &one}));
  }
  publisher->pump(ports::system_clock().steady() + 10s, results);
  return results;
}

/// Pumps until there are so many, or for long.
inline std::vector<ports::Delivery> take(ports::Receiver& receiver, std::size_t count) {
  std::vector<ports::Delivery> out;
  for (const auto end = ports::system_clock().steady() + 20s;
       out.size() < count && ports::system_clock().steady() < end;) {
    ports::Received got;
    receiver.pump(ports::system_clock().steady() + 100ms, got);
    std::move(got.deliveries.begin(), got.deliveries.end(), std::back_inserter(out));
  }
  return out;
}

inline ports::Received poll(ports::Receiver& receiver) {
  ports::Received got;
  receiver.pump(ports::Tick::min(), got);
  return got;
}

inline void ack(ports::Receiver& receiver, const std::vector<ports::Delivery>& events) {
  std::vector<ports::Position> positions;
  for (const auto& e : events) positions.push_back({e.session, e.tag});
  receiver.ack(positions);
  poll(receiver);
}

inline std::vector<std::string> bodies(const std::vector<ports::Delivery>& events) {
  std::vector<std::string> out;
  for (const auto& e : events) out.push_back(e.body);
  return out;
}

inline std::vector<std::string> numbers(int first, int last) {
  std::vector<std::string> out;
  for (int i = first; i <= last; ++i) out.push_back(std::to_string(i));
  return out;
}

}  // namespace holdfast::bus_test

#include "crash.hpp"

#include <fstream>
#include <iterator>

#include "holdfast/connect.hpp"
#include "holdfast/host.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::chaos {

Crash::Crash(const std::string& store_at, const std::string& bus_at)
    : consumer_url(store_at.empty() ? folder.url("crasher.db") : store_at),
      bus_url(bus_at.empty() ? folder.url("bus.db") : bus_at),
      consumer(open_store(consumer_url)),
      bus(open_transport(bus_url)) {
  bus.impl()->topology().declare({"c.test-blow.q", {"test.blow.*"}, true});
}

void Crash::publish(const std::vector<std::string>& whats) {
  Host producer(
      {.name = "producer", .store = open_store(folder.url("producer.db")), .transport = bus, .log = [](const LogLine&) {
       }});
  producer.start();
  producer.store().transact([&](Transaction& tx) {
    for (const auto& what : whats)
      producer.outbox().publish(tx, Blow{static_cast<std::int64_t>(published.size()), what}), published.insert(what);
  });
  EXPECT_TRUE(eventually([&] { return producer.store().impl()->admin()->status().pending == 0; }));
  producer.stop();
}

demo::Process Crash::start(const std::string& role, std::size_t events) {
  return demo::Process({std::filesystem::read_symlink("/proc/self/exe").string(),
                        {"--gtest_filter=ChaosChild.*", "--gtest_also_run_disabled_tests"},
                        {{"CHAOS_ROLE", role},
                         {"CHAOS_STORE", consumer_url},
                         {"CHAOS_BUS", bus_url},
                         {"CHAOS_EVENTS", std::to_string(events)}},
                        (folder.path() / "child.log").string()});
}

int Crash::life(const std::string& role) {
  auto process = start(role, published.size());
  if (eventually([&] { return !process.running(); })) return process.wait();
  ADD_FAILURE() << role << ": it did not end; see child.log";
  return 0;
}

int Crash::lives(const std::string& role, int code, int most) {
  for (int died = 0; died < most; ++died) {
    const int ended = life(role);
    if (ended == 0) return died;
    EXPECT_EQ(ended, code) << "see child.log";
    between_lives();
  }
  return most;
}

void Crash::dies_alone(const std::string& role, int code) {
  between_lives = [&] { publish({std::to_string(published.size())}); };  // alone it might be the release that is bad
  const int died = lives(role, code, 12);
  EXPECT_GE(died, 3) << "three counted starts are its right";
  EXPECT_LT(died, 12);
  EXPECT_EQ(dead(), std::vector<std::string>{"crash_loop"});
  auto others = published;
  others.erase("bad");
  EXPECT_EQ(effects(), others) << "others were lost, or handled twice";
}

std::multiset<std::string> Crash::effects() {
  return consumer.transact([](Transaction& tx) {
    const auto rows = tx.query<std::string>("SELECT what FROM effects");
    return std::multiset<std::string>(rows.begin(), rows.end());
  });
}

std::vector<std::string> Crash::dead() {
  std::vector<std::string> reasons;
  for (const auto& letter : consumer.impl()->admin()->deferred({}, true)) reasons.push_back(letter.event.reason);
  return reasons;
}

std::string Crash::child_log() {
  std::ifstream log(folder.path() / "child.log");
  return {(std::istreambuf_iterator<char>(log)), {}};
}

}  // namespace holdfast::chaos

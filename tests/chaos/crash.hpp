// What the crash tests and their second process agree on, and the lives of that process: started again as a supervisor would.
#pragma once
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "holdfast/transport.hpp"
#include "kit.hpp"

namespace holdfast::chaos {

struct Blow {
  static constexpr std::string_view type = "test.blow.v1";
  std::int64_t number = 0;
  std::string what;
  std::string key() const { return std::to_string(number); }
};

inline constexpr int crash_code = 99;  // as if it had crashed: no destructor runs, nothing is acknowledged
inline constexpr int hang_code = 70;  // the host's: a handler past its deadline, a stop that did not end

struct Crash : testing::Test {
  Crash() : Crash({}, {}) {}
  Crash(const std::string& store_at, const std::string& bus_at);  // URLs; empty: a file

  void publish(const std::vector<std::string>& whats);
  /// This test program once more, in a role of child.cpp; it ends when so many events are settled.
  demo::Process start(const std::string& role, std::size_t events);
  int life(const std::string& role);
  /// Lives of this role until one ends by itself; how many did not. At most so many.
  int lives(const std::string& role, int code, int most);
  /// All lives that it takes until "bad" is dead.
  void dies_alone(const std::string& role, int code);
  std::multiset<std::string> effects();
  std::vector<std::string> dead();
  std::string child_log();

  Folder folder;
  const std::string consumer_url, bus_url;
  Store consumer;
  Transport bus;
  std::multiset<std::string> published;
  std::function<void()> between_lives = [] {};
};

}  // namespace holdfast::chaos

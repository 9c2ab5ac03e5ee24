// What the crash tests and their second process agree on.
#pragma once
#include <cstdint>
#include <string>

namespace holdfast::chaos {

struct Blow {
  static constexpr std::string_view type = "test.blow.v1";
  std::int64_t number = 0;
  std::string what;
  std::string key() const { return std::to_string(number); }
};

inline constexpr int crash_code = 99;  // as if it had crashed: no destructor runs, nothing is acknowledged
inline constexpr int hang_code = 70;   // the host's: a handler past its deadline, a stop that did not end

}  // namespace holdfast::chaos

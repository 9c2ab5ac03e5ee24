// The port in a server's URL.
#pragma once
#include <charconv>
#include <optional>
#include <string_view>

namespace holdfast::event {

inline constexpr const char* port_rule = "the port is a number from 1 to 65535";

inline std::optional<int> port_of(std::string_view text) {
  int port = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || last != text.data() + text.size() || port < 1 || port > 65535) return {};
  return port;
}

}  // namespace holdfast::event

#include "ports/wire_headers.hpp"

#include <charconv>

namespace holdfast::ports {
namespace {

int number(const Headers& headers, const char* name) {
  const auto found = headers.find(name);
  if (found == headers.end()) return 0;
  const std::string& text = found->second;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? value : 0;
}

}  // namespace

Headers headers_on_the_wire(const OutgoingEvent& event) {
  Headers out = event.headers;
  if (event.key) out[header_key] = *event.key;
  return out;
}

void read_headers(Delivery& delivery) {
  if (const auto key = delivery.headers.find(header_key); key != delivery.headers.end()) delivery.key = key->second;
  delivery.copy = number(delivery.headers, header_copy);
  delivery.attempt = number(delivery.headers, header_attempt);
}

}  // namespace holdfast::ports

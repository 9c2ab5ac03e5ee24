#include "transport/rabbitmq/address.hpp"

#include <charconv>
#include <optional>

#include "event/port.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

[[noreturn]] void fail(const std::string& why) {
  throw Invalid("broker.url", why + "; write it as amqp://user:password@host:5672/vhost");
}

int hex_digit(char c) {
  int value = 0;
  const auto [end, error] = std::from_chars(&c, &c + 1, value, 16);
  return error == std::errc() && end == &c + 1 ? value : -1;
}

std::string decoded(std::string_view text, const char* part) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) fail(std::string("the ") + part + " has a '%' that no two hex digits follow (%25 is '%')");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (out.find('\0') != out.npos) fail(std::string("the ") + part + " has a zero byte");
  return out;
}

/// Cuts `text` at the first `mark`: what stands before it, if it is there.
std::optional<std::string_view> cut(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  if (at == text.npos) return std::nullopt;
  const auto before = text.substr(0, at);
  text.remove_prefix(at + 1);
  return before;
}

int port_of(std::string_view text) {
  const auto port = event::port_of(text);
  if (!port) fail(event::port_rule);
  return *port;
}

void read_login(std::string_view text, Address& out) {
  const auto user = cut(text, ':');
  out.user = decoded(user ? *user : text, "user");
  if (user) out.password = decoded(text, "password");
}

void read_place(std::string_view text, Address& out) {
  if (text.starts_with('[')) {
    text.remove_prefix(1);
    const auto host = cut(text, ']');
    if (!host) fail("an IPv6 address stands in brackets, as [::1]");
    out.host = *host;
    if (!text.empty() && !text.starts_with(':')) fail("behind [address] only a port may follow");
    if (!text.empty()) out.port = port_of(text.substr(1));
  } else {
    const auto host = cut(text, ':');
    out.host = decoded(host ? *host : text, "host");
    if (host) out.port = port_of(text);
  }
  if (out.host.empty()) fail("the host is missing");
}

}  // namespace

Address parse_address(std::string_view url) {
  Address out;
  const auto scheme = cut(url, ':');
  if (!scheme || (*scheme != "amqp" && *scheme != "amqps") || !url.starts_with("//"))
    fail("the URL of a RabbitMQ broker begins with amqp:// or amqps://");
  out.tls = *scheme == "amqps";
  out.port = out.tls ? 5671 : 5672;
  url.remove_prefix(2);
  if (url.find_first_of("?#") != url.npos)
    fail("what stands behind '?' or '#' is not understood; it is set by broker.* keys (inside a part: %3F, %23)");
  const auto slash = url.find('/');
  auto authority = url.substr(0, slash);
  if (const auto at = authority.rfind('@'); at != authority.npos) {
    read_login(authority.substr(0, at), out);
    authority.remove_prefix(at + 1);
  }
  read_place(authority, out);
  if (slash == url.npos || slash + 1 == url.size()) return out;
  const auto vhost = url.substr(slash + 1);
  if (vhost.find_first_of("/@") != vhost.npos)
    fail("a '/' or '@' inside user, password or vhost is written %2F or %40");
  out.vhost = decoded(vhost, "vhost");
  return out;
}

std::string Address::place() const {
  return (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::string Address::name() const {
  return (tls ? "amqps://" : "amqp://") + place() + (vhost == "/" ? "" : "/" + vhost);
}

}  // namespace holdfast::transport::rabbitmq

#include "transport/kafka/address.hpp"

#include "event/port.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::transport::kafka {
namespace {

constexpr std::string_view plain = "kafka://", tls = "kafka+tls://";

[[noreturn]] void fail(const std::string& why) {
  throw Invalid("broker.url", why + "; write it as kafka://host:9092,host:9092");
}

/// Behind the brackets of an IPv6 address, where there are any.
std::size_t colon_of_port(std::string_view server) {
  const auto bracket = server.starts_with('[') ? server.find(']') : 0;
  if (bracket == server.npos) fail("an IPv6 address stands in brackets, as [::1]");
  return server.find(':', bracket);
}

std::string one_server(std::string_view server) {
  const auto colon = colon_of_port(server);
  if (server.substr(0, colon).empty()) fail("a host is missing");
  if (colon == server.npos) return std::string(server) + ":9092";
  if (!event::port_of(server.substr(colon + 1))) fail(event::port_rule);
  return std::string(server);
}

}  // namespace

Address parse_address(std::string_view url) {
  Address out;
  out.tls = url.starts_with(tls);
  if (!out.tls && !url.starts_with(plain)) fail("the URL of Kafka begins with kafka:// or kafka+tls://");
  url.remove_prefix(out.tls ? tls.size() : plain.size());
  if (url.find('@') != url.npos)
    fail("user and password do not stand in the URL: broker.sasl, broker.username and broker.password say them");
  if (url.find_first_of("/?# ") != url.npos) fail("behind the hosts nothing follows; the rest is set by broker.* keys");
  for (std::size_t comma = 0; comma != url.npos; url.remove_prefix(comma == url.npos ? 0 : comma + 1)) {
    comma = url.find(',');
    out.servers += (out.servers.empty() ? "" : ",") + one_server(url.substr(0, comma));
  }
  return out;
}

}  // namespace holdfast::transport::kafka

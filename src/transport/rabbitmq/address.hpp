// Where the broker is and who we are there, as a URL says it: amqp://user:password@host:port/vhost.
#pragma once
#include <string>
#include <string_view>

namespace holdfast::transport::rabbitmq {

struct Address {
  bool tls = false;
  std::string host = "localhost";  // no brackets around IPv6
  int port = 5672;
  std::string user = "guest", password = "guest", vhost = "/";
  bool operator==(const Address&) const = default;

  std::string place() const;  // "broker:5672", "[::1]:5672"
  std::string name() const;   // "amqp://broker:5672/shop": no secret in it
};

/// Parts may be percent-encoded. Invalid; its text holds no secret.
Address parse_address(std::string_view url);

}  // namespace holdfast::transport::rabbitmq

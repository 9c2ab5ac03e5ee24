// Where the brokers are, as a URL says it: kafka://h1:9092,h2 or kafka+tls://h1:9093.
#pragma once
#include <string>
#include <string_view>

namespace holdfast::transport::kafka {

struct Address {
  bool tls = false;
  std::string servers = {};  // "h1:9092,h2:9092", as librdkafka wants it
  bool operator==(const Address&) const = default;

  std::string name() const { return (tls ? "kafka+tls://" : "kafka://") + servers; }
};

/// Invalid; its text holds no secret.
Address parse_address(std::string_view url);

}  // namespace holdfast::transport::kafka

#include "ports/wire_headers.hpp"

#include <gtest/gtest.h>

namespace holdfast::ports {
namespace {

TEST(WireHeaders, carry_the_key_and_leave_the_rest) {
  OutgoingEvent event;
  event.headers = {{"traceparent", "00"}};
  EXPECT_EQ(headers_on_the_wire(event), event.headers);
  event.key = "";
  EXPECT_EQ(headers_on_the_wire(event), (Headers{{"traceparent", "00"}, {header_key, ""}}));
}

TEST(WireHeaders, are_read_whatever_stands_there) {
  Delivery delivery;
  delivery.headers = {{header_key, "k"}, {header_copy, "12"}, {header_attempt, "3"}};
  read_headers(delivery);
  EXPECT_EQ(delivery.key, "k");
  EXPECT_EQ(delivery.copy, 12);
  EXPECT_EQ(delivery.attempt, 3);
  for (const auto& wrong : {"", "x", "3x", " 3", "-3", "99999999999"}) {
    delivery.headers[header_copy] = wrong;
    read_headers(delivery);
    EXPECT_EQ(delivery.copy, 0) << wrong;
  }
}

}  // namespace
}  // namespace holdfast::ports

#include "http/wire.hpp"

#include <gtest/gtest.h>

namespace holdfast::http {
namespace {

TEST(Wire, WritesStatusHeadersAndBody) {
  EXPECT_EQ(to_wire({201, {{"location", "/orders/7"}}, "{}"}, {}),
            "HTTP/1.1 201 Created\r\nlocation: /orders/7\r\ncontent-length: 2\r\n\r\n{}");
}

TEST(Wire, HeadHasTheLengthAndNoBody) {
  EXPECT_EQ(to_wire({200, {}, "12345"}, {.head = true}), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
}

TEST(Wire, NoContentHasNeither) { EXPECT_EQ(to_wire({204, {}, ""}, {}), "HTTP/1.1 204 No Content\r\n\r\n"); }

TEST(Wire, SaysWhatBecomesOfTheConnection) {
  EXPECT_EQ(to_wire({204}, {.keep_alive = false}), "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(to_wire({204}, {.http_1_0 = true}), "HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n");
}

TEST(Wire, FindsFaults) {
  EXPECT_EQ(fault_in({200, {{"x-any", "a\tb c"}}}), "");
  EXPECT_NE(fault_in({100}), "");
  EXPECT_NE(fault_in({600}), "");
  EXPECT_NE(fault_in({200, {{"", "a"}}}), "");
  EXPECT_NE(fault_in({200, {{"x y", "a"}}}), "");
  EXPECT_NE(fault_in({200, {{"x:y", "a"}}}), "");
  EXPECT_NE(fault_in({200, {{"x", "a\nb"}}}), "");
  EXPECT_NE(fault_in({200, {{"x", std::string("a\0b", 3)}}}), "");
  EXPECT_NE(fault_in({200, {{"Content-Length", "5"}}}), "");
  EXPECT_NE(fault_in({200, {{"transfer-encoding", "chunked"}}}), "");
}

}  // namespace
}  // namespace holdfast::http

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "holdfast/http.hpp"
#include "raw_socket.hpp"

namespace holdfast::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Bad {
  const char* name;
  int status;
  std::string bytes;
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

struct BadRequest : ::testing::TestWithParam<Bad> {};

std::string with(std::string headers) { return "POST /orders HTTP/1.1\r\nhost: a\r\n" + std::move(headers) + "\r\n"; }

ServerOptions tight() {
  return {.listen = "127.0.0.1:0", .workers = 1, .max_body = 1000, .max_header = 1024, .request_timeout = 100ms};
}

TEST_P(BadRequest, GetsAProblemAndTheServerGoesOn) {
  int handled = 0;
  Server server(tight());
  server.on("POST", "/orders", [&](const Request&) { return ++handled, Response{}; });
  server.on("GET", "/orders/{id}", [&](const Request&) { return ++handled, Response{}; });
  server.start();
  RawSocket bad(server.port());
  bad.send(GetParam().bytes);
  const auto answer = bad.read_to_end();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(GetParam().status) + " "));
  EXPECT_THAT(answer, HasSubstr("content-type: application/problem+json\r\n"));
  EXPECT_THAT(answer, HasSubstr("\"status\":" + std::to_string(GetParam().status) + ","));
  EXPECT_EQ(answer.back(), '}') << "not closed cleanly behind the answer";
  EXPECT_EQ(handled, 0);

  RawSocket good(server.port());
  good.send(with("content-length: 2\r\nconnection: close\r\n") + "{}");
  EXPECT_THAT(good.read_to_end(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(handled, 1);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRequest,
    ::testing::Values(
        Bad{"no_http", 400, "hello\r\n\r\n"},  //
        Bad{"tls_hello", 400, std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)},
        Bad{"two_words", 400, "GET /orders/1\r\n\r\n"},
        Bad{"bad_version", 400, "GET /orders/1 HTTP/7.x\r\nhost: a\r\n\r\n"},
        Bad{"bad_method", 400, "G(T /orders/1 HTTP/1.1\r\nhost: a\r\n\r\n"},
        Bad{"bad_header", 400, "GET /orders/1 HTTP/1.1\r\nhost: a\r\nno colon\r\n\r\n"},
        Bad{"space_before_colon", 400, "GET /orders/1 HTTP/1.1\r\nhost : a\r\n\r\n"},
        Bad{"no_host", 400, "GET /orders/1 HTTP/1.1\r\nconnection: close\r\n\r\n"},
        Bad{"two_hosts", 400, "GET /orders/1 HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"},
        Bad{"bad_encoding", 400, "GET /orders/%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"},
        Bad{"negative_length", 400, with("content-length: -1\r\n")},
        Bad{"no_length", 400, with("content-length: many\r\n")},
        Bad{"two_lengths", 400, with("content-length: 2\r\ncontent-length: 3\r\n") + "{}1"},
        Bad{"length_and_chunked", 400, with("content-length: 5\r\ntransfer-encoding: chunked\r\n") + "0\r\n\r\n"},
        Bad{"bad_chunk", 400, with("transfer-encoding: chunked\r\n") + "xyz\r\n"},
        Bad{"huge_length", 413, with("content-length: 99999999999\r\n")},
        Bad{"huge_body", 413, with("content-length: 300000\r\n") + std::string(300000, 'x')},
        Bad{"huge_chunks", 413, with("transfer-encoding: chunked\r\n") + "fff\r\n" + std::string(0xfff, 'x') + "\r\n"},
        Bad{"huge_header", 431, with("x: " + std::string(300000, 'x') + "\r\n")},
        Bad{"huge_target", 431, "GET /" + std::string(300000, 'x') + " HTTP/1.1\r\nhost: a\r\n\r\n"},
        Bad{"many_headers", 431, with([] {
              std::string headers;
              for (int i = 0; i < 500; ++i) headers += "x" + std::to_string(i) + ": y\r\n";
              return headers;
            }())},
        Bad{"slow_line", 408, "PO"}, Bad{"slow_header", 408, "POST /orders HTTP/1.1\r\nhost: a\r\n"},
        Bad{"slow_body", 408, with("content-length: 2\r\n") + "{"},
        Bad{"slow_chunk", 408, with("transfer-encoding: chunked\r\n") + "2\r\n{"},
        Bad{"unknown_path", 404, "GET /none HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"},
        Bad{"other_method", 405, "DELETE /orders HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"},
        Bad{"tunnel", 400, "CONNECT a:443 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"}),
    [](const auto& bad) { return bad.param.name; });

}  // namespace
}  // namespace holdfast::http

// How a service ends: one deadline for its requests and its consumers, whatever hangs.
#include "integration/http/raw_socket.hpp"
#include "integration/service/programs.hpp"
#include "ports/store_base.hpp"

namespace holdfast::program_test {
namespace {

struct G1_StopService : Programs {
  static std::uint16_t port_of(const Service& service) {
    return static_cast<std::uint16_t>(std::stoi(service.url.substr(service.url.rfind(':') + 1)));
  }
  /// The header went and was answered: from here on the service waits for this request when it stops.
  static void begin_post(http::RawSocket& socket, const std::string& body) {
    ASSERT_TRUE(socket.send("POST /orders HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: " +
                            std::to_string(body.size()) + "\r\n\r\n"));
    ASSERT_TRUE(has(socket.read_head(), "100 Continue"));
  }
};

TEST_F(G1_StopService, ARequestInFlightIsAnswered) {
  auto order = start("order");
  http::RawSocket socket(port_of(order));
  begin_post(socket, one_order());
  order.process.signal(SIGTERM);
  ASSERT_TRUE(socket.send(one_order()));
  EXPECT_TRUE(has(socket.read_response(), "201 Created"));
  EXPECT_EQ(order.process.wait(), 0) << contents(file("order.log"));
}

/// The database is locked by a program that does not let go: the handler of this request waits for longer than anybody would.
TEST_F(G1_StopService, AHandlerThatDoesNotEndIsLeftBehindAndNothingIsLost) {
  auto order = start("order", {"--database-acquire-timeout", "10m", "--shutdown-deadline", "3s"});
  ASSERT_EQ(order.http.post("/orders", one_order()).status, 201);
  http::RawSocket socket(port_of(order));
  {
    const auto stranger = open_store(url("order.db"));
    Transaction locked = stranger.impl()->begin();
    locked.exec("UPDATE orders SET customer_id = 1 WHERE id = 1");
    begin_post(socket, one_order());
    ASSERT_TRUE(socket.send(one_order()));
    order.process.signal(SIGTERM);
    EXPECT_EQ(order.process.wait(), 70);
    EXPECT_TRUE(has(contents(file("order.log")),
                    "the stop did not end by its deadline: a handler or the database keeps a request"))
        << contents(file("order.log"));
    EXPECT_FALSE(has(socket.read_to_end(), "201")) << "it was told nothing, least of all that it is saved";
  }
  auto again = start("order");
  EXPECT_EQ(member(again.http, "/orders/1", "status"), "\"pending\"");
  EXPECT_EQ(again.http.get("/orders/2").status, 404);
  EXPECT_EQ(again.http.post("/orders", one_order()).status, 201);
}

}  // namespace
}  // namespace holdfast::program_test

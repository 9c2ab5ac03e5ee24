#include "http/client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace holdfast::http {
namespace {

using namespace std::chrono_literals;

ServerOptions small() { return {.listen = "127.0.0.1:0", .workers = 2}; }

TEST(ClientOf, SendsMethodTargetHeadersAndBody) {
  Server server(small());
  server.on("PUT", "/stock/{id}", [](const Request& r) {
    return Response{202,
                    {{"X-Seen", r.header("x-key").value_or("")}},
                    r.parameter("id") + r.query("q").value_or("") + r.body + r.header("content-type").value_or("")};
  });
  server.start();
  Client client(server.url() + "/");
  const auto answer = client.put("/stock/101?q=x", "{}", {{"x-key", "7"}});
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.headers.at("x-seen"), "7");
  EXPECT_EQ(answer.body, "101x{}application/json");
  EXPECT_EQ(client.get("/none").status, 404);
  EXPECT_EQ(client.send({"HEAD", "/none"}).body, "");
  EXPECT_EQ(client.get("/none").status, 404);
}

TEST(ClientOf, NobodyIsUnavailable) {
  std::string url;
  {
    Server server(small());
    server.start();
    url = server.url();
  }
  EXPECT_THROW(Client(url).get("/"), Unavailable);
  EXPECT_THROW(Client("ftp://127.0.0.1"), Invalid);
}

TEST(ClientOf, ASilentServerIsUnavailableAfterTheTimeout) {
  std::latch release(1);
  Server server(small());
  server.on("GET", "/slow", [&](const Request&) { return release.wait(), Response{}; });
  server.start();
  Client client(server.url(), 50ms);
  EXPECT_THROW(client.get("/slow"), Unavailable);
  release.count_down();
}

TEST(ClientOf, ARestartedServerIsFoundAgainButAPostIsNeverSentTwice) {
  std::atomic<int> posts = 0;
  auto options = small();
  const auto started = [&] {
    auto server = std::make_unique<Server>(options);
    server->on("GET", "/", [](const Request&) { return Response{}; });
    server->on("POST", "/", [&](const Request&) { return ++posts, Response{}; });
    server->start();
    options.listen = "127.0.0.1:" + std::to_string(server->port());
    return server;
  };
  auto server = started();
  Client client(server->url());
  EXPECT_EQ(client.get("/").status, 200);
  server.reset();
  server = started();
  EXPECT_EQ(client.get("/").status, 200) << "the kept connection was gone";
  server.reset();
  server = started();
  EXPECT_THROW(client.post("/", "{}"), Unavailable);
  EXPECT_EQ(posts, 0);
  EXPECT_EQ(client.post("/", "{}").status, 200);
  EXPECT_EQ(posts, 1);
}

}  // namespace
}  // namespace holdfast::http

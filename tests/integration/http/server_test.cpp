#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <latch>
#include <set>

#include "holdfast/http.hpp"
#include "http/client.hpp"
#include "raw_socket.hpp"

namespace holdfast::http {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string get(std::string target, std::string headers = "") {
  return "GET " + std::move(target) + " HTTP/1.1\r\nhost: a\r\n" + std::move(headers) + "\r\n";
}

ServerOptions small() { return {.listen = "127.0.0.1:0", .workers = 2}; }

void serve_echo(Server& server) {
  server.on("GET", "/echo/{text}", [](const Request& r) { return Response{200, {}, r.parameter("text")}; });
  server.on("POST", "/echo", [](const Request& r) { return Response{200, {}, r.body}; });
  server.start();
}

TEST(Connections, AreKeptFromRequestToRequest) {
  Server server(small());
  serve_echo(server);
  RawSocket client(server.port());
  for (const std::string text : {"one", "two", "three"}) {
    client.send(get("/echo/" + text));
    EXPECT_EQ(client.read_response(),
              "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(text.size()) + "\r\n\r\n" + text);
  }
  client.send(get("/echo/last", "connection: close\r\n"));
  EXPECT_THAT(client.read_to_end(), EndsWith("connection: close\r\n\r\nlast"));
}

TEST(Connections, OfHttp10EndWithTheirAnswerUnlessKept) {
  Server server(small());
  serve_echo(server);
  RawSocket client(server.port());
  client.send("GET /echo/a HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.read_response(), HasSubstr("connection: keep-alive\r\n"));
  client.send("GET /echo/b HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), EndsWith("connection: close\r\n\r\nb"));
}

TEST(Connections, AnswerPipelinedRequestsInTheirOrder) {
  Server server(small());
  serve_echo(server);
  RawSocket client(server.port());
  std::string all;
  for (int i = 0; i < 500; ++i) all += get("/echo/" + std::to_string(i));
  client.send(all);
  for (int i = 0; i < 500; ++i) ASSERT_THAT(client.read_response(), EndsWith("\r\n\r\n" + std::to_string(i)));
}

TEST(Connections, ThatAreIdleTooLongAreClosedWithoutAWord) {
  auto options = small();
  options.idle_timeout = 50ms;
  Server server(options);
  serve_echo(server);
  RawSocket silent(server.port());
  EXPECT_EQ(silent.read_to_end(), "");
  RawSocket once(server.port());
  once.send(get("/echo/x"));
  EXPECT_THAT(once.read_to_end(), EndsWith("\r\n\r\nx"));
}

TEST(Connections, BeyondTheLimitGet503AndThePlaceIsGivenFree) {
  auto options = small();
  options.max_connections = 2;
  Server server(options);
  serve_echo(server);
  auto first = std::make_unique<RawSocket>(server.port());
  RawSocket second(server.port());
  for (auto* client : {first.get(), &second}) {
    client->send(get("/echo/x"));
    ASSERT_THAT(client->read_response(), StartsWith("HTTP/1.1 200"));
  }
  RawSocket third(server.port());
  third.send(get("/echo/x"));
  const auto refused = third.read_to_end();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refused, HasSubstr("retry-after: 1\r\n"));
  EXPECT_THAT(refused, HasSubstr("connection: close\r\n"));

  first.reset();
  while (Client(server.url()).get("/echo/x").status == 503) continue;
}

TEST(Connections, OfClientsThatTakeNoAnswerAreGivenUp) {
  auto options = small();
  options.max_connections = 1;
  options.response_timeout = 50ms;
  Server server(options);
  server.on("GET", "/huge", [](const Request&) { return Response{200, {}, std::string(64 << 20, 'x')}; });
  server.on("GET", "/", [](const Request&) { return Response{}; });
  server.start();
  RawSocket deaf(server.port());
  deaf.send(get("/huge"));
  ASSERT_THAT(deaf.read_head(), StartsWith("HTTP/1.1 200"));
  while (Client(server.url()).get("/").status == 503) continue;
}

TEST(Pool, WhenItIsFullTheAnswerIs503AtOnce) {
  auto options = small();
  options.workers = 1;
  options.max_queued = 0;
  std::latch entered(1), release(1);
  Server server(options);
  server.on("GET", "/slow", [&](const Request&) {
    entered.count_down();
    release.wait();
    return Response{200, {}, "slow"};
  });
  serve_echo(server);
  RawSocket slow(server.port()), other(server.port());
  slow.send(get("/slow"));
  entered.wait();
  other.send(get("/echo/x"));
  const auto refused = other.read_response();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refused, HasSubstr("retry-after: 1\r\n"));
  EXPECT_THAT(refused, HasSubstr("application/problem+json"));

  release.count_down();
  EXPECT_THAT(slow.read_response(), EndsWith("slow"));
  std::string again;
  do other.send(get("/echo/x")), again = other.read_response();
  while (again.starts_with("HTTP/1.1 503"));
  EXPECT_THAT(again, EndsWith("\r\n\r\nx")) << "the refused connection is still good";
}

TEST(Requests, HeadIsAnsweredWithoutTheBody) {
  Server server(small());
  serve_echo(server);
  RawSocket client(server.port());
  client.send("HEAD /echo/12345 HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_EQ(client.read_head(), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
  client.send(get("/echo/next"));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nnext"));
}

TEST(Requests, MayComeInChunksAndByteByByte) {
  Server server(small());
  serve_echo(server);
  RawSocket client(server.port());
  for (const char c : std::string("POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
                                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))
    client.send({&c, 1});
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nabcde"));
}

TEST(Requests, TheBodyIsAskedForWhereTheClientWaits) {
  auto options = small();
  options.max_body = 10;
  Server server(options);
  serve_echo(server);
  RawSocket client(server.port()), large(server.port());
  client.send("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ab");
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nab"));
  large.send("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 20\r\nexpect: 100-continue\r\n\r\n");
  EXPECT_THAT(large.read_response(), StartsWith("HTTP/1.1 413"));
}

TEST(Requests, ARefusedClientMaySendItsRestBeforeItReads) {  // else a reset may take the answer from it
  Server server(small());
  serve_echo(server);
  RawSocket client(server.port());
  client.send("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n");
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 413"));
  EXPECT_TRUE(client.send(std::string(32 << 20, 'x')));
}

TEST(Requests, MayHaveHeadersUpToTheLimit) {
  Server server(small());
  serve_echo(server);
  RawSocket client(server.port());
  client.send(get("/echo/x", "x: " + std::string(15 << 10, 'x') + "\r\n"));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nx"));
  client.send(get("/echo/x", "x: " + std::string(17 << 10, 'x') + "\r\n"));
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 431"));
}

TEST(Requests, HeadersAndEncodedTargetsArriveWhole) {
  Server server(small());
  server.on("GET", "/a/{name}", [](const Request& r) {
    return Response{200, {}, r.parameter("name") + "|" + r.query("q").value() + "|" + r.header("X-Many").value()};
  });
  server.start();
  RawSocket client(server.port());
  client.send(get("/a/x%2Fy%20z?q=1%262", "X-Many: a\r\nx-many: b\r\n"));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nx/y z|1&2|a, b"));
}

TEST(Requests, AFailureIs500WithoutItsTextAndTheNextOneIsServed) {
  std::promise<std::string> logged;
  auto options = small();
  options.on_error = [&](std::string_view what) { logged.set_value(std::string(what)); };
  Server server(options);
  server.on("GET", "/fails", [](const Request&) -> Response { throw std::runtime_error("secret"); });
  serve_echo(server);
  RawSocket client(server.port());
  client.send(get("/fails"));
  const auto answer = client.read_response();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
  EXPECT_EQ(logged.get_future().get(), "GET /fails: secret");
  client.send(get("/echo/x"));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nx"));
}

TEST(Start, SaysThatTheAddressIsTaken) {
  Server first(small());
  first.start();
  auto options = small();
  options.listen = "127.0.0.1:" + std::to_string(first.port());
  Server second(options);
  try {
    second.start();
    FAIL() << "two servers on one port";
  } catch (const Unavailable& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot listen on " + options.listen + ": Address already in use"));
  }
  first.stop();
  second.start();  // it may be tried again
  EXPECT_EQ(second.port(), first.port());
}

/// Sockets that a child of this process would have too.
std::set<std::string> inherited() {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto what = std::filesystem::read_symlink(entry.path(), gone).string();
    const int flags = fcntl(std::stoi(entry.path().filename()), F_GETFD);
    if (what.starts_with("socket:") && (flags & FD_CLOEXEC) == 0) out.insert(what);
  }
  return out;
}

/// It would keep the port, and hold a client on to a server that has hung up.
TEST(Start, NoChildInheritsASocket) {
  const auto before = inherited();
  std::set<std::string> meanwhile;
  Server server(small());
  server.on("GET", "/", [&](const Request&) {
    meanwhile = inherited();
    return Response{};
  });
  server.start();
  EXPECT_EQ(Client(server.url()).get("/").status, 200);
  EXPECT_EQ(meanwhile, before) << "neither the listening one, nor the two ends of this connection";
}

TEST(Start, SaysThatTheAddressCannotBeRead) {
  for (const auto* listen : {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000",
                             "127.0.0.1:-1", "::1:80", "nowhere:80"}) {
    Server server({.listen = listen});
    EXPECT_THROW(server.start(), Invalid) << listen;
  }
}

TEST(Start, TellsTheUrl) {
  Server named({.listen = "localhost:0"});
  EXPECT_THROW(named.url(), std::logic_error);
  named.start();
  EXPECT_EQ(named.url(), "http://127.0.0.1:" + std::to_string(named.port()));
  EXPECT_THROW(named.on("GET", "/late", [](const Request&) { return Response{}; }), std::logic_error);
}

struct Stop : ::testing::Test {
  std::latch entered{1}, release{1};
  void serve_slow(Server& server) {
    server.on("GET", "/slow", [&](const Request&) {
      entered.count_down();
      release.wait();
      return Response{200, {}, "slow"};
    });
    serve_echo(server);
  }
};

TEST_F(Stop, FinishesWhatIsInFlightAndTakesNothingNew) {
  Server server(small());
  serve_slow(server);
  RawSocket idle(server.port()), fresh(server.port()), busy(server.port());
  idle.send(get("/echo/x"));
  idle.read_response();
  busy.send(get("/slow") + get("/echo/too-late"));
  entered.wait();
  auto stopped = std::async(std::launch::async, [&] { server.stop(); });
  EXPECT_EQ(idle.read_to_end(), "");  // by now it is stopping
  EXPECT_FALSE(RawSocket(server.port()).connected());
  release.count_down();
  EXPECT_THAT(busy.read_to_end(), EndsWith("connection: close\r\n\r\nslow"));
  stopped.get();
  EXPECT_THROW(Client(server.url()).get("/echo/x"), Unavailable);
}

TEST_F(Stop, HangsUpAtTheDeadline) {
  auto options = small();
  options.drain_timeout = 20ms;
  Server server(options);
  serve_slow(server);
  RawSocket busy(server.port());
  busy.send(get("/slow"));
  entered.wait();
  auto stopped = std::async(std::launch::async, [&] { server.stop(); });
  EXPECT_EQ(busy.read_to_end(), "");
  release.count_down();
  stopped.get();
}

TEST_F(Stop, MayBeCalledBeforeStartAndTwice) {
  Server server(small());
  server.stop();
  serve_echo(server);
  server.stop();
  server.stop();
  EXPECT_FALSE(RawSocket(server.port()).connected());
}

TEST(Load, ManyKeptConnectionsGetTheirOwnAnswers) {
  auto options = small();
  options.workers = 4;
  Server server(options);
  serve_echo(server);
  std::vector<std::future<int>> clients;
  for (int c = 0; c < 8; ++c)
    clients.push_back(std::async(std::launch::async, [&, c] {
      Client client(server.url());
      int right = 0;
      for (int i = 0; i < 200; ++i) {
        const auto body =
            std::to_string(c) + ":" + std::to_string(i) + std::string(static_cast<std::size_t>(i) * 20, '.');
        right += client.post("/echo", body).body == body;
      }
      return right;
    }));
  for (auto& client : clients) EXPECT_EQ(client.get(), 200);
}

}  // namespace
}  // namespace holdfast::http

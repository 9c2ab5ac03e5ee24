#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "holdfast/http.hpp"

namespace holdfast::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Response text(std::string body) { return {200, {}, std::move(body)}; }

struct Routing : ::testing::Test {
  std::string log;
  Server server{{.on_error = [this](std::string_view what) { log += what; }}};

  Response ask(std::string method, std::string target) { return server.handle({std::move(method), std::move(target)}); }
  void throwing(auto error) {
    server.on("GET", "/throws", [error](const Request&) -> Response { throw error; });
  }
};

TEST_F(Routing, GivesParametersDecoded) {
  server.on("GET", "/orders/{id}/lines/{line}",
            [](const Request& r) { return text(r.parameter("id") + "|" + r.parameter("line")); });
  EXPECT_EQ(ask("GET", "/orders/a%2Fb/lines/7").body, "a/b|7");
}

TEST_F(Routing, GivesTheQueryAndThePathDecoded) {
  server.on("GET", "/a b", [](const Request& r) { return text(r.path() + "|" + r.query("x y").value_or("-")); });
  EXPECT_EQ(ask("GET", "/a%20b?x+y=1%2B1").body, "/a b|1+1");
  EXPECT_EQ(ask("GET", "/a%20b").body, "/a b|-");
}

TEST_F(Routing, ALiteralWinsOverAParameter) {
  server.on("GET", "/orders/{id}", [](const Request&) { return text("one"); });
  server.on("GET", "/orders/stats", [](const Request&) { return text("stats"); });
  server.on("DELETE", "/orders/{id}", [](const Request&) { return text("deleted"); });
  EXPECT_EQ(ask("GET", "/orders/stats").body, "stats");
  EXPECT_EQ(ask("GET", "/orders/7").body, "one");
  EXPECT_EQ(ask("DELETE", "/orders/stats").body, "deleted");
}

TEST_F(Routing, AnUnknownPathIs404) {
  server.on("GET", "/orders/{id}", [](const Request&) { return text(""); });
  for (const auto* target : {"/", "/orders", "/orders/", "/orders/1/2", "/Orders/1", "//orders/1"})
    EXPECT_EQ(ask("GET", target).status, 404) << target;
}

TEST_F(Routing, AnotherMethodIs405WithAllow) {
  server.on("GET", "/orders", [](const Request&) { return text(""); });
  server.on("POST", "/orders", [](const Request&) { return text(""); });
  const auto answer = ask("DELETE", "/orders");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.at("allow"), "GET, POST, HEAD");
}

TEST_F(Routing, GetRoutesAnswerHead) {
  server.on("GET", "/orders", [](const Request& r) { return text(r.method); });
  server.on("POST", "/only-post", [](const Request&) { return text(""); });
  EXPECT_EQ(ask("HEAD", "/orders").body, "HEAD");
  EXPECT_EQ(ask("HEAD", "/only-post").status, 405);
}

TEST_F(Routing, BadEncodingIs400) {
  server.on("GET", "/orders/{id}", [](const Request&) { return text(""); });
  EXPECT_EQ(ask("GET", "/orders/%zz").status, 400);
  EXPECT_EQ(ask("GET", "/orders/1?x=%").status, 400);
  EXPECT_EQ(ask("GET", "orders").status, 400);
}

TEST_F(Routing, RefusesABadOrRepeatedRoute) {
  const auto handler = [](const Request&) { return text(""); };
  server.on("GET", "/orders/{id}", handler);
  EXPECT_THROW(server.on("GET", "/orders/{other}", handler), Invalid);
  EXPECT_THROW(server.on("GET", "orders", handler), Invalid);
  EXPECT_THROW(server.on("", "/orders", handler), Invalid);
}

TEST_F(Routing, AProblemIsAnsweredAsItSays) {
  throwing(Problem(422, "an order needs a line", "/items"));
  const auto answer = ask("GET", "/throws");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(answer.body, R"({"type":"about:blank","title":"Unprocessable Content","status":422,)"
                         R"("detail":"an order needs a line","pointer":"/items"})");
  EXPECT_EQ(log, "");
}

TEST_F(Routing, AProblemOfAParameterNamesItAsSuch) {
  throwing(Problem(400, "no number", "limit"));
  EXPECT_THAT(ask("GET", "/throws").body, HasSubstr(R"("parameter":"limit")"));
}

TEST_F(Routing, AProblemWithoutAnErrorStatusIsOurFault) {
  throwing(Problem(200, "all is well"));
  EXPECT_EQ(ask("GET", "/throws").status, 500);
}

TEST_F(Routing, InvalidIs400WithThePointer) {
  throwing(Invalid("/items/0/qty", "must be a number"));
  const auto answer = ask("GET", "/throws");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr(R"("detail":"must be a number","pointer":"/items/0/qty"})"));
}

TEST_F(Routing, InvalidWithoutAPointerSaysWhereInWords) {
  throwing(Invalid("byte 12", "no JSON"));
  EXPECT_THAT(ask("GET", "/throws").body, HasSubstr(R"("detail":"byte 12: no JSON"})"));
}

TEST_F(Routing, ADetailThatIsNoUtf8IsAnsweredAllTheSame) {
  throwing(Problem(400, "bad byte \xff here"));
  EXPECT_THAT(ask("GET", "/throws").body, HasSubstr("bad byte ? here"));
}

/// Not 503: programs repeat that by themselves.
TEST_F(Routing, ACommitInDoubtIs500ThatSaysSo) {
  throwing(InDoubt("order.db: the disk failed during a commit"));
  const auto answer = ask("GET", "/throws");
  EXPECT_EQ(answer.status, 500);
  EXPECT_FALSE(answer.headers.contains("retry-after"));
  EXPECT_NE(answer.body.find("may be there or not. Look before you repeat it"), std::string::npos) << answer.body;
  EXPECT_EQ(answer.body.find("order.db"), std::string::npos);
}

TEST_F(Routing, UnavailableIs503WithRetryAfterAndItsTextIsForTheLog) {
  throwing(Unavailable("database at 10.0.0.5 is away"));
  const auto answer = ask("GET", "/throws");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  EXPECT_THAT(answer.body, Not(HasSubstr("10.0.0.5")));
  EXPECT_EQ(log, "GET /throws: database at 10.0.0.5 is away");
}

TEST_F(Routing, OtherExceptionsAre500AndTheirTextIsForTheLog) {
  throwing(std::runtime_error("secret"));
  const auto answer = ask("GET", "/throws");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
  EXPECT_EQ(log, "GET /throws: secret");
}

TEST_F(Routing, WhatIsNoExceptionIs500) {
  throwing(42);
  EXPECT_EQ(ask("GET", "/throws").status, 500);
  EXPECT_NE(log, "");
}

TEST_F(Routing, AResponseThatWouldBreakTheWireIs500) {
  server.on("GET", "/split",
            [](const Request& r) { return Response{200, {{"location", r.query("to").value_or("")}}, ""}; });
  EXPECT_EQ(ask("GET", "/split?to=/x").status, 200);
  const auto answer = ask("GET", "/split?to=/x%0d%0aset-cookie:a=b");
  EXPECT_EQ(answer.status, 500);
  EXPECT_FALSE(answer.headers.contains("location"));
  EXPECT_THAT(log, HasSubstr("location"));
}

TEST(RequestOf, FindsHeadersInAnyCase) {
  const Request request{"GET", "/", {{"Idempotency-Key", "7"}}};
  EXPECT_EQ(request.header("idempotency-KEY"), "7");
  EXPECT_EQ(request.header("idempotency"), std::nullopt);
  EXPECT_THROW(request.parameter("id"), std::out_of_range);
}

TEST(Options, AreCheckedAtOnce) {
  EXPECT_THROW(Server({.workers = 0}), Invalid);
  EXPECT_THROW(Server({.max_connections = 0}), Invalid);
  EXPECT_THROW(Server({.max_queued = -1}), Invalid);
  EXPECT_THROW(Server({.max_header = 10}), Invalid);
}

}  // namespace
}  // namespace holdfast::http

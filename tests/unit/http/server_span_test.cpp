// Spans of requests: whose trace they continue, how they are named, and which are failures.
#include <gtest/gtest.h>

#include <stdexcept>

#include "holdfast/http.hpp"
#include "traces/attribute.hpp"

namespace holdfast::http {
namespace {

const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

struct Kept : SpanSink {
  void record(Span span) noexcept override { spans.push_back(std::move(span)); }
  std::vector<Span> spans;
};

struct ServerSpans : testing::Test {
  std::shared_ptr<Kept> kept = std::make_shared<Kept>();
  Server server{{.trace = {kept}}};
  std::string seen;  // by the handler

  void SetUp() override {
    server.on("GET", "/orders/{id}", [this](const Request&) -> Response {
      seen = TraceScope::current();
      return {};
    });
    server.on("GET", "/throws", [](const Request&) -> Response { throw std::runtime_error("x"); });
    server.on("GET", "/health/live", [](const Request&) -> Response { return {}; });
  }
  Span ask(const std::string& method, const std::string& target, const Headers& headers = {}) {
    server.handle({method, target, headers});
    return kept->spans.at(kept->spans.size() - 1);
  }
};

TEST_F(ServerSpans, ARequestIsNamedByItsRoute) {
  const auto span = ask("GET", "/orders/7?x=1");
  EXPECT_EQ(span.name, "GET /orders/{id}");
  EXPECT_EQ(span.kind, Span::Kind::server);
  EXPECT_EQ(attribute_of(span, "http.request.method"), "GET");
  EXPECT_EQ(attribute_of(span, "http.route"), "/orders/{id}");
  EXPECT_EQ(attribute_of(span, "url.path"), "/orders/7") << "a query may hold what is nobody's business";
  EXPECT_EQ(attribute_of(span, "http.response.status_code"), "200");
  EXPECT_FALSE(span.failed);
  EXPECT_GE(span.end, span.start);
}

TEST_F(ServerSpans, ItContinuesTheTraceOfTheRequestAndTheHandlerContinuesIt) {
  const auto span = ask("GET", "/orders/7", {{"traceparent", traceparent}, {"tracestate", "vendor=1"}});
  EXPECT_EQ((SpanContext{span.context.trace_id, span.parent, true}.traceparent()), traceparent);
  EXPECT_EQ(seen, span.context.traceparent());
  EXPECT_EQ(span.tracestate, "vendor=1");
}

TEST_F(ServerSpans, AMalformedParentBeginsATrace) {
  const auto span = ask("GET", "/orders/7", {{"traceparent", traceparent + ", " + traceparent}});
  EXPECT_EQ(span.parent, SpanContext::SpanId{});
  EXPECT_EQ(seen, span.context.traceparent());
}

TEST_F(ServerSpans, OnlyWhatTheServerDidWrongIsAFailure) {
  const auto thrown = ask("GET", "/throws");
  EXPECT_TRUE(thrown.failed);
  EXPECT_EQ(attribute_of(thrown, "error.type"), "500");
  const auto lost = ask("GET", "/nowhere");
  EXPECT_FALSE(lost.failed);
  EXPECT_EQ(lost.name, "GET");
  EXPECT_EQ(attribute_of(lost, "http.response.status_code"), "404");
}

TEST_F(ServerSpans, AMethodOfSomebodysOwnMakingNamesNoSpan) {
  const auto span = ask("BREW", "/orders/7");
  EXPECT_EQ(span.name, "HTTP");
  EXPECT_EQ(attribute_of(span, "http.request.method"), "_OTHER");
  EXPECT_EQ(attribute_of(span, "http.request.method_original"), "BREW");
}

TEST_F(ServerSpans, ProbesAndWhatIsNotSampledLeaveNone) {
  server.handle({"GET", "/health/live"});
  server.handle({"GET", "/orders/7", {{"traceparent", traceparent.substr(0, 53) + "00"}}});
  EXPECT_TRUE(kept->spans.empty());
  EXPECT_TRUE(seen.ends_with("-00")) << "the sender's decision travels on";
}

}  // namespace
}  // namespace holdfast::http

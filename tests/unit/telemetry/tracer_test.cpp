// Which trace a span is in, what is sampled, and how spans look on the wire.
#include "telemetry/tracer.hpp"

#include <gtest/gtest.h>

#include <mutex>

#include "event/trace_context.hpp"
#include "otlp_reader.hpp"
#include "telemetry/otlp.hpp"

namespace holdfast::telemetry {
namespace {

const std::string trace = "0af7651916cd43dd8448eb211c80319c", parent = "b7ad6b7169203331";
const std::string sampled = "00-" + trace + "-" + parent + "-01", not_sampled = "00-" + trace + "-" + parent + "-00";

struct Kept : SpanSink {
  void record(Span span) noexcept override { spans.push_back(std::move(span)); }
  std::vector<Span> spans;
};

struct Tracers : testing::Test {
  std::shared_ptr<Kept> kept = std::make_shared<Kept>();
  Tracer tracer{Tracing{kept}};
  static constexpr auto kind = Span::Kind::consumer;
};

TEST_F(Tracers, ASpanContinuesTheTraceOfItsParent) {
  const auto span = tracer.begin(kind, {}, sampled, "vendor=1");
  EXPECT_EQ(span.context.traceparent().substr(3, 32), trace);
  EXPECT_NE(span.context.traceparent().substr(36, 16), parent);
  EXPECT_EQ((SpanContext{span.context.trace_id, span.parent, true}.traceparent()), sampled);
  EXPECT_EQ(span.tracestate, "vendor=1");
}

TEST_F(Tracers, TheParentSaysWhatIsRecorded) {
  tracer.end(tracer.begin(kind, {}, sampled), {});
  auto span = tracer.begin(kind, {}, not_sampled);
  EXPECT_TRUE(span.context.traceparent().ends_with("-00")) << "whoever comes next is told";
  tracer.end(std::move(span), {});
  EXPECT_EQ(kept->spans.size(), 1u);
  const Tracer none(Tracing{kept, 0});
  none.end(none.begin(kind, {}, sampled), {});
  EXPECT_EQ(kept->spans.size(), 2u) << "the share is for traces that begin here";
}

TEST_F(Tracers, OfTracesThatBeginHereTheShareIsRecorded) {
  const Tracer half(Tracing{kept, 0.5});
  for (int i = 0; i < 1000; ++i) half.end(half.begin(kind, {}, ""), {});
  EXPECT_GT(kept->spans.size(), 400u);
  EXPECT_LT(kept->spans.size(), 600u);
}

TEST_F(Tracers, WithoutAParentATraceBeginsUnderTheEventsId) {
  const auto id = EventId::parse("1f09f4f7a1d24575a2b4b2a1b35c0b1a");
  const auto span = tracer.begin(kind, {}, "", "", id);
  EXPECT_EQ(span.context.trace_id, id.bytes());
  EXPECT_EQ(span.parent, SpanContext::SpanId{});
}

TEST_F(Tracers, AMalformedParentBeginsATraceAndIsCounted) {
  const auto before = event::malformed_traceparents.load();
  for (const char* bad : {"00", "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "nonsense"}) {
    const auto span = tracer.begin(kind, {}, bad, "vendor=1");
    EXPECT_TRUE(span.context.valid() && span.context.sampled) << bad;
    EXPECT_EQ(span.parent, SpanContext::SpanId{}) << bad;
    EXPECT_EQ(span.tracestate, "") << bad;
  }
  EXPECT_EQ(event::malformed_traceparents, before + 3);
  (void)tracer.begin(kind, {}, "");
  EXPECT_EQ(event::malformed_traceparents, before + 3) << "none is not malformed";
}

TEST_F(Tracers, ATracestateThatNobodyCouldSendOnIsLeftOut) {
  EXPECT_EQ(tracer.begin(kind, {}, sampled, "a=1\r\nx: y").tracestate, "");
  EXPECT_EQ(tracer.begin(kind, {}, sampled, std::string(513, 'a')).tracestate, "");
}

TEST(SpanContexts, AreWrittenAsTheyWereRead) {
  EXPECT_EQ(SpanContext::parse(sampled).traceparent(), sampled);
  EXPECT_EQ(SpanContext::parse(not_sampled).traceparent(), not_sampled);
  EXPECT_EQ(SpanContext::parse("cc" + sampled.substr(2) + "-more").traceparent(), sampled) << "of a later version";
}

Span example() {
  Span span;
  span.context = SpanContext::parse(sampled);
  span.parent = {1, 2, 3, 4, 5, 6, 7, 8};
  span.tracestate = "vendor=1";
  span.name = "process orders";
  span.kind = Span::Kind::consumer;
  span.start = Timestamp() + std::chrono::seconds(1'700'000'000), span.end = span.start + std::chrono::milliseconds(5);
  span.attributes = {{"messaging.system", "rabbitmq"}, {"holdfast.attempt", 3}};
  span.links.push_back({span.context.trace_id, span.parent, true});
  return span;
}

std::string to_otlp(const std::string& service, const std::vector<Span>& spans) {
  std::string written, body;
  for (const auto& span : spans) append_otlp(written, span);
  otlp_body(body, service, written);
  return body;
}

TEST(Otlp, SaysAllOfASpan) {
  auto failed = example();
  fail(failed, "failed", "the shelf is empty");
  const std::vector spans{example(), failed};
  const auto batch = read_otlp(to_otlp("inventory-service", spans));
  EXPECT_EQ(batch.service, "inventory-service");
  ASSERT_EQ(batch.spans.size(), 2u);
  const auto& one = batch.spans[0];
  EXPECT_EQ(one.trace, trace);
  EXPECT_EQ(one.id, parent);
  EXPECT_EQ(one.parent, "0102030405060708");
  EXPECT_EQ(one.state, "vendor=1");
  EXPECT_EQ(one.name, "process orders");
  EXPECT_EQ(one.kind, 5u);
  EXPECT_EQ(one.start, 1'700'000'000'000'000'000u);
  EXPECT_EQ(one.end, one.start + 5'000'000);
  EXPECT_EQ(one.attributes,
            (std::map<std::string, std::string>{{"messaging.system", "rabbitmq"}, {"holdfast.attempt", "3"}}));
  EXPECT_EQ(one.links, std::vector<std::string>{"0102030405060708"});
  EXPECT_EQ(one.status, 0u);
  EXPECT_EQ(batch.spans[1].status, 2u);
  EXPECT_EQ(batch.spans[1].error, "the shelf is empty");
  EXPECT_EQ(batch.spans[1].attributes.at("error.type"), "failed");
}

TEST(Otlp, OneBadTextCostsNoBatch) {
  auto span = example();
  fail(span, "failed", "\xff\xfe" + std::string(10'000, 'x'));
  const auto read = read_otlp(to_otlp("s", {span})).spans.at(0);
  EXPECT_LE(read.error.size(), 4096u);
  EXPECT_EQ(read.error.substr(0, 4), "\xEF\xBF\xBD\xEF") << "U+FFFD, as in columns";
}

}  // namespace
}  // namespace holdfast::telemetry

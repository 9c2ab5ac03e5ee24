// The spans of a host, and which continues which: create, send, process, and what a handler publishes, in one trace.
#include <gmock/gmock.h>

#include "inbox/acts.hpp"
#include "kept_spans.hpp"
#include "place.hpp"
#include "ports/store_base.hpp"
#include "traces/attribute.hpp"

namespace holdfast::host_test {
namespace {

using namespace std::chrono_literals;

const std::string traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct HostTracing : Place {
  HostTracing() : traced(with_spans()) {
    ears.listen(traced);
    traced.store().migrate();
  }
  HostOptions with_spans() {
    auto o = options("shop", "test.db");
    o.trace.sink = kept;
    return o;
  }
  EventId place(const Placed& event, PublishOptions with = {}) {
    return traced.store().transact([&](Transaction& tx) { return traced.outbox().publish(tx, event, with); });
  }
  std::shared_ptr<KeptSpans> kept = std::make_shared<KeptSpans>();
  Host traced;
};

TEST_F(HostTracing, OneTraceFromThePublishToWhatAHandlerPublishes) {
  traced.subscribe(taking("first"), [](Context& ctx, const Placed& placed) { ctx.publish(Reserved{placed.orderId}); });
  traced.subscribe(taking("second"), [](Context&, const Reserved&) {});
  traced.start();
  const auto id = place({1, "a"}, {.correlation_id = "talk", .traceparent = traceparent, .tracestate = "vendor=1"});
  const auto last = kept->named("process second", 1);
  const auto sends = kept->named("send test.", 2);
  const auto creates = kept->named("create test.", 2);
  const auto first = kept->named("process first", 1);
  ASSERT_TRUE(last.size() == 1 && sends.size() == 2 && creates.size() == 2 && first.size() == 1);
  const auto& [placed, reserved] = std::tie(creates[0], creates[1]);
  EXPECT_EQ((SpanContext{placed.context.trace_id, placed.parent, true}.traceparent()), traceparent);
  EXPECT_TRUE(continues(first[0], placed) && is_linked(first[0], placed));
  EXPECT_TRUE(continues(reserved, first[0]));
  EXPECT_TRUE(continues(last[0], reserved) && is_linked(last[0], reserved));
  EXPECT_TRUE(continues(sends[0], placed) && is_linked(sends[0], placed));
  EXPECT_TRUE(continues(sends[1], reserved) && is_linked(sends[1], reserved));
  EXPECT_EQ(placed.kind, Span::Kind::producer);
  EXPECT_EQ(sends[0].kind, Span::Kind::client);
  EXPECT_EQ(first[0].kind, Span::Kind::consumer);
  EXPECT_TRUE(placed.links.empty());
  for (const auto& span : kept->all()) EXPECT_EQ(span.tracestate, "vendor=1") << span.name;
  for (const auto* span : {&placed, &sends[0], &first[0]}) {
    EXPECT_EQ(attribute_of(*span, "messaging.system"), "sqlite");
    EXPECT_EQ(attribute_of(*span, "messaging.message.id"), id.to_string());
    EXPECT_EQ(attribute_of(*span, "messaging.operation.name"), span->name.substr(0, span->name.find(' ')));
  }
  EXPECT_EQ(attribute_of(first[0], "messaging.message.conversation_id"), "talk");
  EXPECT_EQ(attribute_of(reserved, "holdfast.causation_id"), id.to_string());
  EXPECT_EQ(attribute_of(first[0], "messaging.consumer.group.name"), "first");
  EXPECT_EQ(attribute_of(first[0], "messaging.destination.name"), "first.test-placed.q");
}

TEST_F(HostTracing, InABulkHandlerEachEventHasItsOwnTrace) {
  traced.subscribe(taking("first"), [](Context& ctx, std::span<const Received<Placed>> batch) {
    for (const auto& [placed, info] : batch) ctx.publish(Reserved{placed.orderId}, caused_by(info));
  });
  traced.store().transact([&](Transaction& tx) {
    for (int i = 0; i < 5; ++i) traced.outbox().publish(tx, Placed{i, "x"});
  });
  traced.start();
  const auto reserved = kept->named("create test.reserved", 5), runs = kept->named("process first", 5);
  ASSERT_TRUE(reserved.size() == 5 && runs.size() == 5);
  std::set<std::string> traces;
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(std::ranges::any_of(runs, [&](const Span& run) { return continues(reserved[i], run); }));
    traces.insert(runs[i].context.traceparent().substr(3, 32));
  }
  EXPECT_EQ(traces.size(), 5u);
}

TEST_F(HostTracing, ARetryIsInTheTraceOfItsEventAndSaysWhatFailed) {
  int tries = 0;
  traced.subscribe(taking("first"), [&](Context& ctx, const Placed&) {
    ctx.publish(Reserved{++tries});
    if (tries == 1) throw std::runtime_error("the shelf is stuck");
  });
  traced.start();
  place({1, "a"});
  const auto runs = kept->named("process first", 2);
  const auto created = kept->named("create test.placed", 1);
  ASSERT_EQ(runs.size(), 2u);
  for (const auto& run : runs) EXPECT_TRUE(continues(run, created[0]) && is_linked(run, created[0]));
  EXPECT_TRUE(runs[0].failed);
  EXPECT_EQ(attribute_of(runs[0], "error.type"), "failed");
  EXPECT_EQ(runs[0].error, "the shelf is stuck");
  EXPECT_EQ(attribute_of(runs[0], "holdfast.attempt") + attribute_of(runs[1], "holdfast.attempt"), "12");
  EXPECT_FALSE(runs[1].failed);
  const auto reserved = kept->named("create test.reserved", 1);
  ASSERT_EQ(reserved.size(), 1u) << "what the run that failed published was never created";
  EXPECT_TRUE(continues(reserved[0], runs[1]));
}

/// The program that published it has ended meanwhile: all that is left of the trace is the row.
TEST_F(HostTracing, WhatWaitedOutAnOutageOfMinutesGoesOnInItsTrace) {
  {
    Host other(with_spans());
    other.store().transact([&](Transaction& tx) {
      other.outbox().publish(tx, Placed{1, "a"}, {.correlation_id = "talk", .traceparent = traceparent});
    });
  }
  Db(folder.file("test.db")).exec("UPDATE holdfast_outbox SET occurred_at = occurred_at - 600 * 1000000");
  traced.subscribe(taking("first"), [](Context&, const Placed&) {});
  traced.start();
  const auto runs = kept->named("process first", 1), sends = kept->named("send test.placed", 1);
  const auto created = kept->named("create test.placed", 1);
  ASSERT_TRUE(runs.size() == 1 && sends.size() == 1 && created.size() == 1);
  EXPECT_TRUE(continues(sends[0], created[0]) && is_linked(sends[0], created[0]));
  EXPECT_TRUE(continues(runs[0], created[0]) && is_linked(runs[0], created[0]));
  EXPECT_EQ(runs[0].context.traceparent().substr(0, 35), traceparent.substr(0, 35));
  EXPECT_EQ(attribute_of(runs[0], "messaging.message.conversation_id"), "talk");
}

TEST_F(HostTracing, AReplayIsInTheTraceOfItsEvent) {
  std::atomic<bool> mended = false;
  Subscription once{.consumer = "first", .retry = {.delays = {}}};
  traced.subscribe(once, [&](Context&, const Placed&) {
    if (!mended) throw std::runtime_error("never");
  });
  traced.start();
  const auto id = place({1, "a"});
  ASSERT_TRUE(ears.dead("first", 1));
  mended = true;
  const auto inbox = traced.store().impl()->inbox("first");
  const auto acted = inbox::Acts(*inbox).replay(
      id, {.id = EventId::generate(), .who = "test", .what = "replay", .selection = {}, .note = {}});
  ASSERT_EQ(acted, inbox::Acted::done);
  const auto runs = kept->named("process first", 2);
  ASSERT_EQ(runs.size(), 2u);
  const auto created = kept->named("create test.placed", 1);
  EXPECT_TRUE(continues(runs[1], created[0]) && is_linked(runs[1], created[0]));
  EXPECT_EQ(attribute_of(runs[0], "error.type"), "exhausted");
  EXPECT_FALSE(runs[1].failed);
}

TEST_F(HostTracing, ABatchWithABadEventGivesOneSpanForEach) {
  traced.subscribe({.consumer = "first", .retry = {.delays = {}}}, [](Context&, const Placed& placed) {
    if (placed.text == "bad") throw std::runtime_error("bad");
  });
  traced.store().transact([&](Transaction& tx) {
    for (int i = 0; i < 7; ++i) traced.outbox().publish(tx, Placed{i, i == 3 ? "bad" : "good"});
  });
  traced.start();
  ASSERT_TRUE(ears.until([](const Ears::Heard& h) { return h.settled("first") >= 7; }));
  traced.stop();
  const auto runs = kept->named("process first", 7);
  EXPECT_EQ(runs.size(), 7u);
  EXPECT_EQ(std::ranges::count_if(runs, &Span::failed), 1);
}

TEST_F(HostTracing, WhatRollsBackWasNeverCreated) {
  EXPECT_THROW(traced.store().transact([&](Transaction& tx) -> int {
    traced.outbox().publish(tx, Placed{1, "phantom"});
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  place({2, "real"});
  EXPECT_EQ(kept->named("create ", 1).size(), 1u);
}

TEST_F(HostTracing, AnEventThatNoHandlerTakesHasASpanThatSaysWhy) {
  traced.subscribe({.consumer = "first", .events = {"test.#"}, .retry = {.delays = {}}},
                   [](Context&, const Reserved&) {});
  traced.start();
  place({1, "a"}, {.traceparent = traceparent});
  const auto runs = kept->named("process ", 1);
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(attribute_of(runs[0], "error.type"), "no_handler");
  EXPECT_EQ(runs[0].context.traceparent().substr(3, 32), traceparent.substr(3, 32));
}

TEST_F(HostTracing, WhatIsNotSampledLeavesNoSpanAndTravelsOn) {
  traced.subscribe(taking("first"), [this](Context& ctx, const Placed&) { seen.add(ctx.info().traceparent); });
  traced.start();
  place({1, "a"}, {.traceparent = traceparent.substr(0, 53) + "00"});
  ASSERT_TRUE(ears.handled("first", 1));
  traced.stop();
  EXPECT_TRUE(kept->all().empty());
  EXPECT_EQ(seen.all().at(0).substr(0, 36), traceparent.substr(0, 36));
  EXPECT_TRUE(seen.all().at(0).ends_with("-00"));
}

TEST_F(HostTracing, AMalformedTraceparentBeginsATraceAndIsCounted) {
  traced.start();
  place({1, "a"}, {.traceparent = "nonsense"});
  const auto created = kept->named("create ", 1);
  ASSERT_EQ(created.size(), 1u);
  EXPECT_EQ(created[0].parent, SpanContext::SpanId{});
  const auto metrics = traced.metrics();
  EXPECT_THAT(metrics, testing::ContainsRegex("\nholdfast_traceparents_malformed_total[{][^}]*[}] 1\n"));
}

TEST_F(HostTracing, WhatTheCollectorDidNotGetIsCounted) {
  const auto counts = [&](const std::string& n) {
    EXPECT_THAT(traced.metrics(), testing::ContainsRegex("\nholdfast_spans_dropped_total[{][^}]*[}] " + n + "\n"));
  };
  counts("0");
  kept->lost = 7;
  counts("7");
  kept->lost = 9;
  counts("9");
}

TEST_F(Place, AnEventIsLoggedAtDebugOnlyWithItsIds) {
  auto o = options("shop", "test.db");
  o.log_level = Level::debug;
  Host talking(std::move(o));
  ears.listen(talking);
  talking.subscribe(taking("first"), [](Context&, const Placed&) {});
  talking.start();
  const auto id = talking.store().transact(
      [&](Transaction& tx) { return talking.outbox().publish(tx, Placed{1, "secret"}, {.traceparent = traceparent}); });
  ASSERT_TRUE(ears.handled("first", 1) && ears.marked(1));
  talking.stop();
  const auto tail = " event_id=" + id.to_string() + " type=test.placed.v2 trace_id=" + traceparent.substr(3, 32);
  const auto lines = log();
  for (const auto& line : std::vector<std::string>{
           "an event was published" + tail + " correlation_id=" + id.to_string(),
           "an event was sent" + tail + " result=confirmed", "an event was handled" + tail + " consumer=first"})
    EXPECT_EQ(std::ranges::count(lines, line), 1) << line;
  for (const auto& line : lines) EXPECT_EQ(line.find("secret"), std::string::npos) << line;
}

TEST_F(Place, NoLineForAnEventThatGoesWell) {
  host.subscribe(taking("first"), [](Context&, const Placed&) {});
  host.start();
  const auto id = publish({1, "a"});
  ASSERT_TRUE(ears.handled("first", 1));
  host.stop();
  for (const auto& line : log()) EXPECT_EQ(line.find(id.to_string()), std::string::npos) << line;
}

}  // namespace
}  // namespace holdfast::host_test

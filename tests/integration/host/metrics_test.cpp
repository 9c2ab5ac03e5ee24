// The names that a host's metrics have, their types and labels: users have alerts and dashboards on them, so none is changed.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "place.hpp"

namespace holdfast::host_test {
namespace {

using namespace std::chrono_literals;

/// "{a="1",b="2"}": a, b
std::string label_names(const std::string& labels) {
  std::string out;
  bool in_value = false;
  for (std::size_t at = 1; at < labels.size() && labels[at] != '}'; ++at) {
    if (labels[at] == '"') in_value = !in_value;
    else if (!in_value && labels[at] != '=') out += labels[at];
  }
  return out;
}

/// Of Prometheus' text: "gauge holdfast_x labels".
std::set<std::string> series(const std::string& text) {
  std::set<std::string> out;
  std::string hash, what, name, type;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) std::istringstream(line) >> hash >> what >> name >> type;
    if (line.starts_with("#")) continue;
    const auto end = line.find_first_of("{ ");
    out.insert(type + " " + line.substr(0, end) + (line[end] == '{' ? " " + label_names(line.substr(end)) : ""));
  }
  return out;
}

TEST_F(Place, MetricsHaveTheNamesThatUsersKnow) {
  auto& upkeep = host.impl().upkeep_options();
  upkeep.first_chores = upkeep.chores = upkeep.gauges = 1ms;
  host.subscribe(taking("one"), [](Context&, const Placed&) { throw Reject("never"); });
  host.start();
  publish({1, "a"});
  EXPECT_TRUE(ears.until([&](const Ears::Heard&) {  // both come only when there is something to tell
    const auto text = host.metrics();
    return text.find("holdfast_consumer_dead_total{") != std::string::npos &&
           text.find("holdfast_consumer_deferred{") != std::string::npos;
  }));
  EXPECT_THAT(
      series(host.metrics()),
      testing::ElementsAre(
          "counter holdfast_consumer_blocked_total consumer",  //
          "counter holdfast_consumer_dead_letter_copies_total consumer",
          "counter holdfast_consumer_dead_total consumer,reason", "counter holdfast_consumer_duplicates_total consumer",
          "counter holdfast_consumer_handled_total consumer",
          "counter holdfast_consumer_order_exceptions_total consumer",
          "counter holdfast_consumer_retries_total consumer", "counter holdfast_relay_confirmed_total",
          "counter holdfast_relay_marked_total",  //
          "counter holdfast_relay_nacked_total", "counter holdfast_relay_refused_total",
          "counter holdfast_relay_returned_total", "counter holdfast_relay_unknown_total",
          "counter holdfast_spans_dropped_total",
          "counter holdfast_traceparents_malformed_total",  //
          "gauge holdfast_consumer_deferred consumer,state", "gauge holdfast_outbox_oldest_pending_seconds",
          "gauge holdfast_outbox_pending",  //
          "gauge holdfast_relay_blocked_keys", "gauge holdfast_relay_connected", "gauge holdfast_relay_in_flight",
          "gauge holdfast_relay_lease"));
}

}  // namespace
}  // namespace holdfast::host_test

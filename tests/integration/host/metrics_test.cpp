// The names that a host's metrics have, their types and labels, are those of docs/metrics.md: users have alerts and dashboards on
// them, so none is changed.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
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

/// "| gauge | `holdfast_x` | consumer, state | ..." -> "gauge holdfast_x consumer,service,state"
std::set<std::string> documented() {
  std::set<std::string> out;
  std::ifstream page(HOLDFAST_SOURCE_DIR "/docs/metrics.md");
  for (std::string line; std::getline(page, line);) {
    if (line.find("| `holdfast_") == std::string::npos) continue;
    std::vector<std::string> cells(1);
    for (const char c : line)
      if (c == '|') cells.emplace_back();
      else if (c != ' ' && c != '`') cells.back() += c;
    std::set<std::string> labels{"service"};
    std::istringstream names(cells.at(3));
    for (std::string name; std::getline(names, name, ',');) labels.insert(name);
    std::string joined;
    for (const auto& label : labels) joined += (joined.empty() ? "" : ",") + label;
    out.insert(cells.at(1) + " " + cells.at(2) + " " + joined);
  }
  return out;
}

/// Of "histogram holdfast_x_bucket le,service" one line without its parts.
std::set<std::string> as_documented(const std::set<std::string>& series) {
  std::set<std::string> out;
  for (std::string line : series) {
    std::string type, name, labels;
    std::istringstream(line) >> type >> name >> labels;
    if (type == "histogram") {
      if (!name.ends_with("_count")) continue;
      name.resize(name.rfind('_'));
    }
    std::set<std::string> sorted;
    std::istringstream names(labels);
    for (std::string label; std::getline(names, label, ',');) sorted.insert(label);
    std::string joined;
    for (const auto& label : sorted) joined += (joined.empty() ? "" : ",") + label;
    out.insert(type + " " + name + " " + joined);
  }
  return out;
}

TEST_F(Place, MetricsHaveTheNamesThatUsersKnow) {
  auto& upkeep = host.impl().upkeep_options();
  upkeep.first_chores = upkeep.chores = upkeep.gauges = 1ms;
  host.subscribe(taking("one"), [](Context&, const Placed&) { throw Reject("never"); });
  host.start();
  publish({1, "a"});
  EXPECT_TRUE(ears.until([&](const Ears::Heard&) {  // these come only when there is something to tell
    const auto text = host.metrics();
    return std::ranges::all_of(
        std::vector<std::string>{"dead_total{", "deferred{", "queue_depth{", "chore=\"retention", "chore=\"pruning"},
        [&](const auto& part) { return text.find(part) != std::string::npos; });
  }));
  auto wanted = documented();
  ASSERT_EQ(wanted.erase("gauge holdfast_database_oldest_xmin_transactions service"), 1u) << "PostgreSQL's own";
  EXPECT_EQ(as_documented(series(host.metrics())), wanted);
}

std::string value(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name);
  if (at == std::string::npos) return "";
  const auto space = text.find(' ', at);
  return text.substr(space + 1, text.find('\n', space) - space - 1);
}

TEST_F(Place, MetricsTellWhatCameOfTheEvents) {
  auto& upkeep = host.impl().upkeep_options();
  upkeep.first_chores = upkeep.chores = upkeep.gauges = 1ms;  // each says when it is done: then it is looked again
  host.subscribe(taking("one"), [](Context&, const Placed& e) {
    if (e.text == "bad") throw Reject("never");
  });
  host.start();
  publish({1, "a"}), publish({2, "b"}), publish({3, "bad"});
  ASSERT_TRUE(ears.handled("one", 2));
  ASSERT_TRUE(ears.dead("one", 1));
  ASSERT_TRUE(ears.marked(3));
  const auto is = [&](const std::string& name, const std::string& wanted) {
    return ears.until([&](const Ears::Heard&) { return value(host.metrics(), name) == wanted; });
  };
  EXPECT_TRUE(is("holdfast_outbox_committed_total{", "3"));
  EXPECT_TRUE(is("holdfast_relay_confirmed_total{", "3"));
  EXPECT_TRUE(is("holdfast_relay_confirm_duration_seconds_count{", "3"));
  EXPECT_TRUE(is("holdfast_consumer_effect_latency_seconds_count{", "2")) << "a dead letter took no effect";
  EXPECT_TRUE(is("holdfast_consumer_deferred{service=\"test\",consumer=\"one\",state=\"dead\"}", "1"));
  EXPECT_TRUE(is("holdfast_consumer_queue_depth{", "0"));
  EXPECT_TRUE(is("holdfast_outbox_lease_held{", "1"));
  EXPECT_TRUE(is("holdfast_outbox_pending{", "0"));
}

}  // namespace
}  // namespace holdfast::host_test

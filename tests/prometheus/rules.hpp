// The rules as they are deployed, in a hurry: the same alerts, with times that a test can wait for.
#pragma once
#include <regex>
#include <string>

#include "holdfast/errors.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::prometheus_test {

inline std::string deployed_rules() {
  return program_test::contents(HOLDFAST_SOURCE_DIR "/deploy/prometheus/holdfast.rules.yml");
}

inline std::string hurried(std::string rules) {
  const std::pair<const char*, const char*> changes[] = {
      {"    for: [0-9]+[a-z]", "    for: 0s"},
      {"interval: 15s", "interval: 500ms"},
      {"\\[5m\\]", "[6s]"},
      {"\\[10m\\]", "[8s]"},
      {"oldest_pending_seconds > 60", "oldest_pending_seconds > 1"},
      {"queue_depth > 10000", "queue_depth > 3"},
      {"blocked_key_seconds > 900", "blocked_key_seconds > 1"},
      {"gauges\"\\} > 120", "gauges\"} > 3"},
      {"pruning\"\\} > 3600", "pruning\"} > 3"},
      {"xmin_transactions > 1000000", "xmin_transactions > 50"},
  };
  for (const auto& [what, by] : changes) {
    const auto changed = std::regex_replace(rules, std::regex(what), by);
    if (changed == rules) throw Invalid("rules", std::string(what) + " is not there any more");
    rules = changed;
  }
  return rules;
}

}  // namespace holdfast::prometheus_test

// The dashboards: whole JSON, panels that neither overlap nor share an id, and each panel's query finds data on the Prometheus that
// looks at our programs.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"
#include "prometheus/world.hpp"

namespace holdfast::prometheus_test {
namespace {

using Json = detail::JsonValue;
namespace fs = std::filesystem;

std::vector<std::pair<std::string, Json>> boards() {
  std::vector<std::pair<std::string, Json>> out;
  for (const auto& file : fs::directory_iterator(HOLDFAST_SOURCE_DIR "/deploy/grafana/dashboards"))
    out.emplace_back(file.path().filename(), Json::parse(program_test::contents(file.path())));
  return out;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

struct Place {
  std::int64_t x, y, w, h;
  bool meets(const Place& o) const { return x < o.x + o.w && o.x < x + w && y < o.y + o.h && o.y < y + h; }
};

TEST(Dashboards, AreWhole) {
  std::set<std::string> uids;
  for (const auto& [file, board] : boards()) {
    EXPECT_TRUE(uids.insert(board.at("uid").string()).second) << file;
    EXPECT_FALSE(board.at("title").string().empty()) << file;
    std::set<std::int64_t> ids;
    std::vector<Place> places;
    for (const auto& panel : board.at("panels").elements()) {
      const auto title = file + ": " + panel.at("title").string();
      EXPECT_TRUE(ids.insert(panel.at("id").integer()).second) << title;
      EXPECT_EQ(panel.at("datasource").at("uid").string(), "prometheus") << title;
      const auto grid = panel.at("gridPos");
      const Place here{grid.at("x").integer(), grid.at("y").integer(), grid.at("w").integer(), grid.at("h").integer()};
      EXPECT_LE(here.x + here.w, 24) << title;
      for (const auto& other : places) EXPECT_FALSE(here.meets(other)) << title;
      places.push_back(here);
      EXPECT_FALSE(panel.at("targets").elements().empty()) << title;
    }
  }
  EXPECT_EQ(uids, (std::set<std::string>{"holdfast-overview", "holdfast-relay", "holdfast-consumers",
                                         "holdfast-dead-letters"}));
}

TEST(Dashboards, EachPanelFindsData) {
  if (program().empty()) GTEST_SKIP() << "prometheus is not installed";
  auto& w = world();
  w.shop.publish(1, "bad");  // so that there is a reason
  for (const auto& [file, board] : boards())
    for (const auto& panel : board.at("panels").elements())
      for (const auto& target : panel.at("targets").elements()) {
        const auto query = replaced(replaced(target.at("expr").string(), "$__rate_interval", "1m"), "$service", ".*");
        std::int64_t n = 0;
        EXPECT_TRUE(program_test::eventually([&] {
          w.shop.publish(1000 + n++, "an event now and then");
          return w.prometheus.series(query) > 0;
        })) << file
            << ": " << panel.at("title").string() << ": " << query;
      }
}

}  // namespace
}  // namespace holdfast::prometheus_test

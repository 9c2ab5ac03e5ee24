// The same event has the same words in every service: each of the three meets the same things, and a line of one is found in the logs
// of the others by the same sentence and fields.
#include <set>
#include <sstream>

#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::program_test {
namespace {

namespace fs = std::filesystem;

/// A service alone on a bus of its own: what it publishes reaches nobody.
struct Alone {
  std::string name;
  std::string type;  // of an event that it takes, and answers with one
  std::string event;  // its payload
  std::string writes;  // what the handler does to its tables
};

const std::string created =
    R"({"orderId":1,"customerId":77,"totalAmount":10.00,"currency":"INR","items":[{"productId":101,"qty":1}]})";
const Alone services[] = {
    {"order", "stock.rejected.v1", R"({"orderId":1,"reason":"none is left"})", "UPDATE ON orders"},
    {"inventory", "order.created.v1", created, "INSERT ON reservations"},
    {"payment", "order.created.v1", created, "INSERT ON payments"}};

/// What all of them meet below, as the log has it.
const std::set<std::string> sentences{
    "the broker is away; it is waited for",
    "the connection to the broker is lost; pending events wait in the outbox and are sent when it is back",
    "not receiving; it goes on by itself",
    "receiving",
    "an event is a dead letter: it will not be tried again by itself; see `holdfast dlq list`, `holdfast dlq replay`",
    "an event failed and is tried again later",
    "an event was handled",
    "an event was published",
    "an event was sent",
    "an event reached no queue: it is sent again, and goes on by itself once a queue is bound to its type; if nobody "
    "has to receive this type, give it unrouted_ok"};

struct SameWords : Programs {
  std::string bus(const Alone& alone) const { return url(alone.name + "/bus.db"); }
  std::string log(const Alone& alone) const { return contents(file(alone.name + ".log")); }
  bool says(const Alone& alone, const std::string& words) const {
    return eventually([&] { return has(log(alone), words); });
  }
  EventId deliver(const Alone& alone, const std::string& payload, EventId id = EventId::generate()) const {
    send(bus(alone), id, alone.type, envelope_of(id, alone.type, payload));
    return id;
  }
  void change(const Alone& alone, const std::string& sql) const {
    open_store(url(alone.name + ".db")).transact([&](Transaction& tx) { tx.exec(sql); });
  }
  bool counts(Service& service, const std::string& metric) const {
    return eventually([&] { return has(service.http.get("/metrics").body, metric); });
  }

  /// Its bus comes later than it does; then it is given a bad event, and one that fails once and comes again when it is done.
  void expect_to_meet_all(const Alone& alone) const {
    auto service = start(alone.name, {"--broker-url", bus(alone), "--log-level", "debug", "--log-format", "json"});
    EXPECT_TRUE(says(alone, "the connection to the broker is lost") && says(alone, "not receiving"));
    fs::create_directory(file(alone.name));
    EXPECT_TRUE(says(alone, "\"receiving\""));
    if (alone.name == "order") { EXPECT_EQ(service.http.post("/orders", one_order()).status, 201); }
    deliver(alone, "7");
    EXPECT_TRUE(says(alone, "dead letter"));
    change(alone,
           "CREATE TRIGGER stuck BEFORE " + alone.writes + " BEGIN SELECT RAISE(ABORT, 'the shelf is stuck'); END");
    const auto id = deliver(alone, alone.event);
    EXPECT_TRUE(says(alone, "an event failed"));
    change(alone, "DROP TRIGGER stuck");
    EXPECT_TRUE(says(alone, "an event was handled") && says(alone, "an event reached no queue"));
    deliver(alone, alone.event, id);
    EXPECT_TRUE(counts(service, "holdfast_consumer_duplicates_total{service=\"" + alone.name +
                                    "-service\",consumer=\"" + alone.name + "\"} 1"));
    EXPECT_EQ(service.stop(), 0);
  }
};

/// The level, and the names of the fields in their order; but for the time, and the program's name, which is in each.
std::string shape_of(const std::vector<std::pair<std::string, detail::JsonValue>>& line) {
  std::string shape;
  for (const auto& [name, value] : line)
    if (name == "level") shape = value.string() + ":";
    else if (name != "ts" && name != "name" && name != "text") shape += " " + name;
  return shape;
}

TEST_F(SameWords, OfOneEventAreTheSameInEveryService) {
  std::map<std::string, std::set<std::string>> shapes, said_by;
  {
    std::vector<std::jthread> at_once;
    for (const auto& alone : services) at_once.emplace_back([&] { expect_to_meet_all(alone); });
  }
  for (const auto& alone : services) {
    std::istringstream lines(log(alone));
    for (std::string line; std::getline(lines, line);) {
      const auto json = detail::JsonValue::parse(line);
      EXPECT_EQ(json.at("name").string(), alone.name + "-service");
      const auto text = json.at("text").string();
      shapes[text].insert(shape_of(json.entries())), said_by[text].insert(alone.name);
    }
  }
  for (const auto& text : sentences) EXPECT_EQ(said_by[text].size(), std::size(services)) << text;
  for (const auto& [text, seen] : shapes) EXPECT_EQ(seen.size(), 1u) << text << testing::PrintToString(seen);
}

}  // namespace
}  // namespace holdfast::program_test

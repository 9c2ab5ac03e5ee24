// The file kept by another process, a writer that is killed, a file that is something else, rows of foreign programs.
#include <sqlite3.h>

#include <fstream>
#include <thread>

#include "bus_folder.hpp"
#include "child.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::bus_test {
namespace {

class SqliteBusFile : public BusFolder {
 protected:
  void sql(const std::string& text) const {
    sqlite3* db = nullptr;
    sqlite3_open(file().c_str(), &db);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(db, text.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_close(db);
  }
  std::string bytes() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(SqliteBusFile, G6_Patience_a_file_that_another_keeps_is_away_and_comes_back) {
  const auto bus = open(file(), ports::system_clock(), test_settings(50ms));
  bus->topology().declare({"q", {"order.#"}});
  publish(*bus, {"1", "2"});
  const auto receiver = receive(*bus, "q");
  const auto taken = take(*receiver, 2);
  ASSERT_EQ(taken.size(), 2u);

  Child other({"lock", file()});
  other.expect("locked");
  const auto publisher = bus->publisher();
  const auto third = event("3");
  ASSERT_TRUE(publisher->accept({3, &third}));
  std::vector<ports::PublishResult> results;
  EXPECT_EQ(publisher->pump(ports::system_clock().steady(), results), ports::SessionState::closed);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].outcome, ports::Outcome::unknown);
  EXPECT_EQ(publisher->blame(), ports::Blame::nobody);
  EXPECT_NE(publisher->why_closed().find("another process holds"), std::string::npos) << publisher->why_closed();
  EXPECT_THROW(bus->topology().declare({"new", {}}), Unavailable);
  bus->topology().declare({"q", {"order.#"}});  // nothing to write

  receiver->ack(std::vector<ports::Position>{{taken[0].session, taken[0].tag}});
  const auto away = poll(*receiver);
  EXPECT_FALSE(away.connected);
  EXPECT_NE(away.problem, "");
  EXPECT_TRUE(away.ended.empty());  // nothing is lost: the session goes on

  other.finish();
  publish(*bus, {"4"});
  EXPECT_EQ(bodies(take(*receiver, 1)), std::vector<std::string>{"4"});
  EXPECT_EQ(bus->topology().depth("q").ready, 2);  // the ack that waited counted
}

TEST_F(SqliteBusFile, G6_Patience_a_file_that_is_let_go_without_a_commit_is_tried_again) {
  const auto bus = open(file(), ports::system_clock(), test_settings(0ms));
  bus->topology().declare({"q", {"order.#"}});
  publish(*bus, {"1"});
  const auto receiver = receive(*bus, "q", 0);
  poll(*receiver);
  Child other({"lock", file()});
  other.expect("locked");
  receiver->credit(1);
  EXPECT_FALSE(poll(*receiver).connected);
  const std::jthread end([&] { other.finish(); });
  ports::Received got;
  receiver->pump(ports::system_clock().steady() + 20s, got);
  EXPECT_EQ(bodies(got.deliveries), std::vector<std::string>{"1"});
}

TEST_F(SqliteBusFile, G1_NoLoss_a_killed_writer_leaves_whole_batches_and_all_that_it_confirmed) {
  const auto bus = open(file());
  bus->topology().declare({"q", {"order.#"}});
  const auto receiver = receive(*bus, "q", 100'000);
  int next = 1;
  for (int kill = 0; kill < 8; ++kill) {
    Child writer({"publish", file(), std::to_string(next)});
    int confirmed = 0;
    for (int batch = 0; batch <= kill; ++batch) confirmed = std::stoi(writer.line());
    writer.kill();
    auto got = take(*receiver, static_cast<std::size_t>(confirmed - next + 1));
    for (auto more = poll(*receiver).deliveries; !more.empty(); more = poll(*receiver).deliveries)
      std::move(more.begin(), more.end(), std::back_inserter(got));
    EXPECT_EQ(got.size() % 10, 0u);
    EXPECT_EQ(bodies(got), numbers(next, next + static_cast<int>(got.size()) - 1));
    next += static_cast<int>(got.size());
    EXPECT_GT(next, confirmed);
    ack(*receiver, got);
  }
}

TEST_F(SqliteBusFile, a_file_that_is_something_else_is_left_as_it_is) {
  sql("CREATE TABLE orders(id INTEGER); PRAGMA journal_mode = WAL");
  const auto before = bytes();
  const auto bus = open(file());
  EXPECT_THROW(bus->publisher(), Invalid);
  EXPECT_THROW(bus->topology().declare({"q", {}}), Invalid);
  const auto got = poll(*receive(*bus, "q"));
  EXPECT_FALSE(got.connected);
  EXPECT_NE(got.problem.find("not a Holdfast bus"), std::string::npos) << got.problem;
  EXPECT_EQ(bytes(), before);
}

TEST_F(SqliteBusFile, a_bus_of_a_newer_program_is_refused) {
  const auto bus = open(file());
  bus->topology().declare({"q", {}});
  sql("PRAGMA user_version = 2");
  EXPECT_THROW(bus->publisher(), Invalid);
}

TEST_F(SqliteBusFile, no_file_can_be_made_where_there_is_no_folder) {
  const auto bus = open((folder / "missing" / "bus.db").string());
  EXPECT_THROW(bus->publisher(), Unavailable);
  EXPECT_NE(poll(*receive(*bus, "q")).problem, "");
  EXPECT_THROW(open(":memory:"), Invalid);
}

TEST_F(SqliteBusFile, a_receiver_waits_for_its_queue) {
  const auto bus = open(file());
  const auto receiver = receive(*bus, "q");
  EXPECT_NE(poll(*receiver).problem.find("no such queue"), std::string::npos);
  bus->topology().declare({"q", {"order.#"}});
  publish(*bus, {"1"});
  EXPECT_EQ(bodies(take(*receiver, 1)), std::vector<std::string>{"1"});
}

TEST_F(SqliteBusFile, G5_Isolation_what_a_foreign_program_wrote_arrives_and_stops_nothing) {
  const auto bus = open(file());
  bus->topology().declare({"q", {"order.#"}});
  sql("INSERT INTO events(queue, message_id, type, headers, published_at, body) VALUES"
      "(1, '', '', 'no JSON', 'never', 'text, no blob'),"
      "(1, 7, 'order.created.v1', '{\"holdfast-key\":\"k\",\"holdfast-copy\":\"many\",\"n\":1}', 0, x'00ff')");
  publish(*bus, {"good"});
  const auto got = take(*receive(*bus, "q"), 3);
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0].body, "text, no blob");
  EXPECT_EQ(got[0].headers, Headers{});
  EXPECT_EQ(got[0].broker_time, std::nullopt);
  EXPECT_EQ(got[1].body, std::string("\0\xff", 2));
  EXPECT_EQ(got[1].message_id, "7");
  EXPECT_EQ(got[1].key, "k");
  EXPECT_EQ(got[1].copy, 0);
  EXPECT_EQ(got[1].headers.at("n"), "1");
  EXPECT_EQ(got[2].body, "good");
}

TEST_F(SqliteBusFile, a_bus_whose_tables_were_damaged_blames_the_setup) {
  const auto bus = open(file());
  bus->topology().declare({"q", {"order.#"}});
  sql("ALTER TABLE events RENAME TO happenings");
  const auto publisher = bus->publisher();
  const auto one = event("1");
  publisher->accept({1, &one});
  std::vector<ports::PublishResult> results;
  EXPECT_EQ(publisher->pump(ports::system_clock().steady(), results), ports::SessionState::closed);
  EXPECT_EQ(publisher->blame(), ports::Blame::the_setup);
}

}  // namespace
}  // namespace holdfast::bus_test

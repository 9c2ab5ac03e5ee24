// The parts of the bus in a file that need no bus: locks of receivers, turns and calls inside a process, headers as text.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "holdfast/errors.hpp"
#include "transport/sqlite_bus/headers.hpp"
#include "transport/sqlite_bus/neighbours.hpp"
#include "transport/sqlite_bus/receiver_lock.hpp"

namespace holdfast::transport::sqlite_bus {
namespace {

class ReceiverLocks : public ::testing::Test {
 protected:
  static std::filesystem::path make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "holdfast-locks-XXXXXX").string();
    return mkdtemp(name.data());
  }
  ~ReceiverLocks() override { std::filesystem::remove_all(folder); }
  const std::filesystem::path folder = make_folder();
  const std::string bus = (folder / "bus.db").string();
};

TEST_F(ReceiverLocks, tell_who_lives) {
  ReceiverLock mine(bus);
  {
    ReceiverLock other(bus);
    other.hold(7);
    EXPECT_TRUE(mine.held_by_other(7));
    EXPECT_FALSE(mine.held_by_other(6));
    EXPECT_FALSE(other.held_by_other(7));  // not another's
    other.hold(8);
    EXPECT_FALSE(mine.held_by_other(7));
    EXPECT_TRUE(mine.held_by_other(8));
    other.drop();
    EXPECT_FALSE(mine.held_by_other(8));
    other.hold(9);
  }
  EXPECT_FALSE(mine.held_by_other(9));
}

TEST_F(ReceiverLocks, are_not_had_twice) {
  ReceiverLock one(bus), two(bus);
  one.hold(1);
  EXPECT_THROW(two.hold(1), Unavailable);
}

TEST(Neighbours, are_those_who_name_the_same_file_however_they_spell_it) {
  const auto folder = std::filesystem::temp_directory_path();
  const auto one = Neighbours::of((folder / "a-bus.db").string());
  EXPECT_EQ(one, Neighbours::of((folder / "." / "a-bus.db").string()));
  EXPECT_NE(one, Neighbours::of((folder / "another-bus.db").string()));
}

TEST(Neighbours, call_all_who_wait) {
  const auto all = Neighbours::of("called-bus.db");
  ports::Waker one, two, gone;
  all->add(one), all->add(two), all->add(gone);
  all->remove(gone);
  all->wake();
  EXPECT_TRUE(one.wait_until({}));
  EXPECT_TRUE(two.wait_until({}));
  EXPECT_FALSE(gone.wait_until({}));
}

TEST(Neighbours, let_each_write_in_turn_and_alone) {
  const auto all = Neighbours::of("turns-bus.db");
  int inside = 0, most = 0, done = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 500; ++n) {
          const Neighbours::Turn turn(*all);
          most = std::max(most, ++inside);
          std::this_thread::yield();
          ++done, --inside;
        }
      });
  }
  EXPECT_EQ(most, 1);
  EXPECT_EQ(done, 2'000);
}

TEST(BusHeaders, are_a_json_object_that_reads_back) {
  const Headers headers{{"plain", "text"}, {"quoted", "\"\\\n\x01"}, {"unicode", "\u00e9\U0001F600"}, {"", ""}};
  EXPECT_EQ(headers_from_json(headers_to_json(headers)), headers);
  EXPECT_EQ(headers_to_json({}), "{}");
  EXPECT_EQ(headers_to_json({{"a", "b"}}), R"({"a":"b"})");
}

TEST(BusHeaders, take_whatever_a_foreign_program_wrote) {
  EXPECT_EQ(headers_from_json("no JSON"), Headers{});
  EXPECT_EQ(headers_from_json("[1]"), Headers{});
  EXPECT_EQ(headers_from_json(R"({"n":1.50,"o":{"x":[]},"t":"v"})"),
            (Headers{{"n", "1.50"}, {"o", R"({"x":[]})"}, {"t", "v"}}));
  EXPECT_EQ(headers_from_json(headers_to_json({{"bad", "a\xff"}})), (Headers{{"bad", "a\uFFFD"}}));
}

}  // namespace
}  // namespace holdfast::transport::sqlite_bus

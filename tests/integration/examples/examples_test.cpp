// The examples as programs: what the producer saves, the consumer takes from stock, once.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "demo/process.hpp"
#include "holdfast/connect.hpp"
#include "ports/clock.hpp"
#include "ports/waker.hpp"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

class InAFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-examples-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(folder_);  // the examples name their files without a folder
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }
  static demo::Process start(const std::string& name) {
    return demo::Process({std::string(HOLDFAST_BIN_DIR) + "/example_" + name, {}, {}, name + ".log"});
  }
  /// Looks again until it holds; false: not within half a minute.
  template <class Holds>
  static bool eventually(Holds holds) {
    const auto& clock = ports::system_clock();
    ports::Waker pause;
    for (const auto end = clock.steady() + 30s; clock.steady() < end; pause.wait_until(clock.steady() + 20ms))
      if (holds()) return true;
    return false;
  }

  std::filesystem::path folder_, before_;
};

std::int64_t on_hand(std::int64_t product) {
  return open_store("sqlite:inventory.db").transact([&](Transaction& tx) {
    return tx.query<std::int64_t>("SELECT on_hand FROM stock WHERE product = $1", product).one();
  });
}

}  // namespace

TEST_F(InAFolder, TheProducersOrderIsTakenFromTheConsumersStock) {
  open_store("sqlite:inventory.db").transact([](Transaction& tx) {
    tx.exec("CREATE TABLE stock(product INTEGER PRIMARY KEY, on_hand INTEGER)");
    tx.exec("INSERT INTO stock VALUES (101, 10), (205, 10)");
  });
  auto consumer = start("2_consumer");
  ASSERT_TRUE(eventually([&] {
    return open_store("sqlite:bus.db").transact([](Transaction& tx) {
      return tx.query<int>("SELECT count(*) FROM sqlite_schema WHERE name = 'bindings'").one() == 1 &&
             tx.query<int>("SELECT count(*) FROM bindings").one() > 0;
    });
  })) << "the consumer declared no queue";
  auto producer = start("1_producer");
  EXPECT_TRUE(eventually([] { return on_hand(101) == 9; }));
  EXPECT_EQ(on_hand(205), 8);
  for (auto* program : {&producer, &consumer}) {
    program->signal(SIGTERM);
    EXPECT_EQ(program->wait(), 0);
  }
}

}  // namespace holdfast

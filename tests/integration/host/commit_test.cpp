// The disk fails at the one moment that matters: while a commit is written or synced. What was rolled back is an error to the caller
// and nothing is there; what is in doubt is whole or not there at all, and has its effect once.
#include "integration/faulty_disk.hpp"
#include "place.hpp"

namespace holdfast::host_test {
namespace {

struct BelowAll {
  FaultyDisk disk{"test.db"};  // not the bus
};
/// The writer's connection opens its log with the first statement.
struct Commits : BelowAll, Place {
  int pending() { return static_cast<int>(host.store().impl()->outbox()->read({}, 100).rows.size()); }
  /// An effect and its event in one transaction; `fault` is set just before the commit.
  void place(const std::function<void()>& fault) {
    host.store().transact([&](Transaction& tx) {
      ++runs;
      tx.exec("INSERT INTO effects(what) VALUES ('placed')");
      host.outbox().publish(tx, Placed{1, "placed"});
      fault();
    });
  }
  int runs = 0;
};

struct G2_Commits : Commits {
  G2_Commits() { host.store().migrate(); }
};

TEST_F(G2_Commits, OneThatCannotBeWrittenIsAnErrorAndNothingIsThere) {
  for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
    EXPECT_THROW(place([&] { disk.next_write = code; }), Unavailable);
    EXPECT_EQ(effects().size(), 0u);
    EXPECT_EQ(pending(), 0);
  }
  EXPECT_EQ(runs, 2) << "nobody repeats it but the caller";
  place([] {});
  EXPECT_EQ(effects().size(), 1u);
  EXPECT_EQ(pending(), 1);
}

TEST_F(G2_Commits, OneThatALockStoppedIsRunAgainByItself) {
  bool once = true;
  place([&] {
    if (std::exchange(once, false)) disk.next_write = SQLITE_BUSY;
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(effects().size(), 1u);
  EXPECT_EQ(pending(), 1);
}

TEST_F(G2_Commits, OneInDoubtIsSaidToBeAndIsWholeOrNotThere) {
  try {
    place([&] { disk.next_sync = SQLITE_IOERR_FSYNC; });
    FAIL() << "it was confirmed";
  } catch (const InDoubt& doubt) {
    EXPECT_NE(std::string(doubt.what()).find("may or may not survive"), std::string::npos) << doubt.what();
  }
  EXPECT_EQ(runs, 1) << "repeating it blindly could do it twice";
  EXPECT_EQ(effects().size(), static_cast<std::size_t>(pending()));
  const auto before = effects().size();
  place([] {});
  EXPECT_EQ(effects().size(), before + 1);
  EXPECT_EQ(effects().size(), static_cast<std::size_t>(pending()));
}

struct G3_Commits : Commits {};

/// The handler's own commit fails, whichever way: its effect is there once in the end, and no attempt was used up.
TEST_F(G3_Commits, OfAHandlerFailAndItsEffectIsThereOnce) {
  const std::pair<std::atomic<int>*, int> faults[] = {{&disk.next_write, SQLITE_FULL},
                                                      {&disk.next_write, SQLITE_IOERR_WRITE},
                                                      {&disk.next_write, SQLITE_BUSY},
                                                      {&disk.next_sync, SQLITE_IOERR_FSYNC}};
  std::atomic<std::size_t> calls{0}, most_attempts{0};
  host.subscribe(taking("c"), [&](Context& ctx, const Placed& placed) {
    const auto number = static_cast<std::size_t>(placed.orderId);
    effect(ctx, placed.text);
    most_attempts = std::max(most_attempts.load(), static_cast<std::size_t>(ctx.info().attempt));
    if (calls++ == number) faults[number].first->store(faults[number].second);  // of its first run only
  });
  host.start();
  for (std::size_t i = 0; i < std::size(faults); ++i) {
    calls = i;
    const auto id = publish({static_cast<std::int64_t>(i), std::to_string(i)});
    ASSERT_TRUE(ears.handled("c", static_cast<int>(i) + 1)) << i;
    EXPECT_EQ(state("c", id), "handled");
    EXPECT_GE(calls, i + 2) << "the fault came about";
  }
  host.stop();
  EXPECT_EQ(effects(), (std::vector<std::string>{"0", "1", "2", "3"}));
  EXPECT_EQ(most_attempts, 1u);
  EXPECT_EQ(Db(folder.file("test.db")).one("SELECT count(*) FROM holdfast_deferred"), "0");
}

}  // namespace
}  // namespace holdfast::host_test

// Real files: other processes, bad files, full disks. What happened is said in words, and nothing is lost.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "holdfast/sqlite.hpp"
#include "ports/owner.hpp"
#include "ports/store_base.hpp"
#include "sql/sqlite/open.hpp"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

class SqliteFile : public testing::Test {
 public:
  ~SqliteFile() override { std::filesystem::remove_all(folder_); }

 protected:
  SqliteFile() {
    std::string name = (std::filesystem::temp_directory_path() / "holdfast-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }

  std::string path() const { return folder_ / "test.db"; }
  Store open(std::chrono::milliseconds busy_timeout = 5s) const {
    return store::open_sqlite(sqlite::Settings{.file = path(), .busy_timeout = busy_timeout}, ports::system_clock());
  }
  Store migrated() const {
    Store store = open();
    store.migrate();
    store.transact([](Transaction& tx) { tx.exec("CREATE TABLE t(v)"); });
    return store;
  }
  /// A connection of somebody else.
  struct Other {
    explicit Other(const std::string& file) { sqlite3_open(file.c_str(), &connection); }
    ~Other() { sqlite3_close(connection); }
    void run(const char* sql) {
      EXPECT_EQ(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(connection);
    }
    sqlite3* connection = nullptr;
  };
  template <class Failure, class Call>
  static std::string what_of(Call call) {
    try {
      call();
    } catch (const Failure& failure) { return failure.what(); } catch (const std::exception& other) {
      return std::string("another error: ") + other.what();
    }
    return "no error";
  }

  std::filesystem::path folder_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

TEST_F(SqliteFile, IsOpenedToBeSafe) {
  Store store = migrated();
  store.transact([](Transaction& tx) {
    EXPECT_EQ(tx.query<std::string>("PRAGMA journal_mode").one(), "wal");
    EXPECT_EQ(tx.query<int>("PRAGMA synchronous").one(), 2);
    EXPECT_EQ(tx.query<int>("PRAGMA foreign_keys").one(), 1);
  });
}

TEST_F(SqliteFile, LazyCommitsLeaveTheOthersSynced) {
  Store store = migrated();
  EXPECT_TRUE(store.impl()->outbox()->renew("me", 1s));  // a lazy one
  store.transact([](Transaction& tx) { EXPECT_EQ(tx.query<int>("PRAGMA synchronous").one(), 2); });
}

TEST_F(SqliteFile, ReadersDoNotWaitForTheWriter) {
  Store store = migrated();
  Transaction tx = store.begin();
  tx.exec("INSERT INTO t VALUES (1)");
  EXPECT_EQ(store.impl()->admin()->status().schema_version, 1);
}

TEST_F(SqliteFile, ManyMayOpenANewOneAtOnce) {
  constexpr int many = 6, rounds = 100;  // the collision is rare
  for (int round = 0; round < rounds; ++round) {
    std::latch start(many);
    std::vector<std::thread> threads;
    threads.reserve(many);
    for (int i = 0; i < many; ++i)
      threads.emplace_back([&] {
        Store store = open();
        start.arrive_and_wait();
        EXPECT_NO_THROW(store.begin());
      });
    for (auto& thread : threads) thread.join();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path() + end);
  }
}

TEST_F(SqliteFile, ManyMayMigrateAtOnce) {
  constexpr int many = 8;
  std::latch start(many);
  std::vector<std::thread> threads;
  threads.reserve(many);
  for (int i = 0; i < many; ++i)
    threads.emplace_back([&] {
      Store store = open();
      start.arrive_and_wait();
      EXPECT_NO_THROW(store.migrate());
      EXPECT_NO_THROW(store.impl()->check_schema());
    });
  for (auto& thread : threads) thread.join();
}

TEST_F(SqliteFile, AnotherProcessHoldsIt) {
  Store store = migrated();
  Store hasty = open(1ms);
  Other other(path());
  other.run("BEGIN IMMEDIATE");
  const std::string what = what_of<Unavailable>([&] { hasty.begin(); });
  EXPECT_TRUE(has(what, "another process holds the database")) << what;
  other.run("COMMIT");
  EXPECT_NO_THROW(hasty.begin());
}

TEST_F(SqliteFile, ALockInsideATransactionIsTransient) {
  Store store = migrated();
  Other mine(path()), other(path());
  mine.run("BEGIN; SELECT * FROM t");  // reads first, so that its snapshot grows old
  other.run("INSERT INTO t VALUES (1)");
  const TransactionRef tx = enlist(mine.connection);
  EXPECT_TRUE(
      has(what_of<Transient>([&] { tx.exec("INSERT INTO t VALUES (2)"); }), "another transaction was in the way"));
}

TEST_F(SqliteFile, TransactRunsATransientBodyAgain) {
  Store store = migrated();
  int runs = 0;
  store.transact([&](Transaction& tx) {
    tx.exec("INSERT INTO t VALUES ($1)", ++runs);
    if (runs < 3) throw Transient("a rival");
  });
  EXPECT_EQ(store.transact([](Transaction& tx) { return tx.query<int>("SELECT v FROM t").one(); }), 3);
  runs = 0;
  EXPECT_THROW(store.transact([&](Transaction&) {
    ++runs;
    throw Transient("always");
  }),
               Transient);
  EXPECT_EQ(runs, 5);
}

// A child that is killed in the middle leaves nothing half done and no lock.
TEST_F(SqliteFile, AKilledWriterLeavesNothing) {
  { migrated(); }
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    Store store = open();
    Transaction tx = store.begin();
    tx.exec("INSERT INTO t VALUES (1)");
    [[maybe_unused]] const auto told = write(ready[1], "x", 1);
    pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  Store store = open(1ms);
  EXPECT_THROW(store.begin(), Unavailable);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(store.begin().query<int>("SELECT v FROM t").empty());
}

TEST_F(SqliteFile, ADeadRelaysLeaseIsFreeAtOnce) {
  Store store = migrated();
  int name[2];
  ASSERT_EQ(pipe(name), 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string me = ports::this_process();
    [[maybe_unused]] const auto told = write(name[1], me.data(), me.size());
    pause();
  }
  std::string owner(200, ' ');
  owner.resize(static_cast<std::size_t>(read(name[0], owner.data(), owner.size())));
  auto outbox = store.impl()->outbox();
  EXPECT_TRUE(outbox->renew(owner, 1h));
  EXPECT_FALSE(outbox->renew(ports::this_process(), 1h));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(outbox->renew(ports::this_process(), 1h));
  EXPECT_FALSE(outbox->renew("another-host/1/1", 1h));
}

TEST(Owner, IsGoneOnlyWhereThatIsCertain) {
  const std::string me = ports::this_process();
  EXPECT_FALSE(ports::is_gone(me));
  EXPECT_TRUE(ports::is_gone(me + "0"));  // another process had this number
  EXPECT_FALSE(ports::is_gone("another-host/1/1"));
  for (const char* odd : {"", "me", "a/b", "/x/1", "//"}) EXPECT_FALSE(ports::is_gone(odd)) << odd;
}

TEST_F(SqliteFile, ReadOnly) {
  { migrated(); }
  std::filesystem::permissions(path(), std::filesystem::perms(0444));
  std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  const uid_t me = geteuid();
  ASSERT_EQ(seteuid(me == 0 ? 65534 : me), 0);  // root may write everything
  const std::string what = what_of<Unavailable>([&] { open().begin(); });
  ASSERT_EQ(seteuid(me), 0);
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  EXPECT_TRUE(has(what, "read-only") && has(what, path()) && has(what, "Nothing was changed")) << what;
  std::filesystem::permissions(path(), std::filesystem::perms(0644));
  EXPECT_NO_THROW(open().begin());
}

TEST_F(SqliteFile, InAFolderThatIsNotThere) {
  Store store = sqlite::open({.file = folder_ / "none" / "test.db"});
  const std::string what = what_of<Unavailable>([&] { store.migrate(); });
  EXPECT_TRUE(has(what, "check that the folder exists")) << what;
}

TEST_F(SqliteFile, NotADatabase) {
  std::ofstream(path())
      << "Dear diary, today I was not a database at all, and nobody asked me whether I would like to be one.\n";
  const std::string what = what_of<Unavailable>([&] { open().migrate(); });
  EXPECT_TRUE(has(what, "not an SQLite database")) << what;
  std::ifstream file(path());
  std::string word;
  file >> word;
  EXPECT_EQ(word, "Dear");
}

TEST_F(SqliteFile, Damaged) {
  {
    Store store = migrated();
    store.transact([](Transaction& tx) {
      for (int i = 0; i < 2000; ++i) tx.exec("INSERT INTO t VALUES ($1)", std::string(100, 'x'));
    });
  }
  const auto size = std::filesystem::file_size(path());
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size / 2));
    file << std::string(size / 4, '\x5a');
  }
  Store store = open();
  const std::string what =
      what_of<Unavailable>([&] { store.transact([](Transaction& tx) { tx.query<std::string>("SELECT v FROM t"); }); });
  EXPECT_TRUE(has(what, "damaged") && has(what, "backup") && has(what, "Nothing was changed")) << what;
}

TEST_F(SqliteFile, OnAFullDisk) {
  Store store = migrated();
  store.transact([](Transaction& tx) { tx.exec("INSERT INTO t VALUES ('kept')"); });
  const auto pages = store.transact([](Transaction& tx) {
    const int count = tx.query<int>("PRAGMA page_count").one();
    tx.exec("PRAGMA max_page_count = " + std::to_string(count + 2));
    return count;
  });
  EXPECT_GT(pages, 5);
  const std::string what = what_of<Unavailable>([&] {
    store.transact([](Transaction& tx) {
      tx.exec("INSERT INTO t VALUES ('lost?')");
      tx.exec("INSERT INTO t VALUES ($1)", std::string(100'000, 'x'));
    });
  });
  EXPECT_TRUE(has(what, "the disk is full") && has(what, "Nothing was changed")) << what;
  EXPECT_EQ(store.transact([](Transaction& tx) { return tx.query<std::string>("SELECT v FROM t").one(); }), "kept");
  store.transact([](Transaction& tx) { tx.exec("PRAGMA max_page_count = 1000000"); });  // space again
  EXPECT_NO_THROW(
      store.transact([](Transaction& tx) { tx.exec("INSERT INTO t VALUES ($1)", std::string(100'000, 'x')); }));
}

TEST_F(SqliteFile, WithoutTables) {
  const std::string what = what_of<Invalid>([&] { open().impl()->check_schema(); });
  EXPECT_TRUE(has(what, "holdfast migrate")) << what;
  Store store = migrated();
  EXPECT_NO_THROW(store.impl()->check_schema());
}

TEST_F(SqliteFile, OfANewerSchema) {
  { migrated(); }
  Other newer(path());
  newer.run("UPDATE holdfast_schema_version SET version = 4, oldest_reader = 1");  // we are known to be good enough
  EXPECT_NO_THROW(open().impl()->check_schema());
  EXPECT_NO_THROW(open().migrate());
  newer.run("UPDATE holdfast_schema_version SET version = 4, oldest_reader = 3");
  for (const bool migrates : {true, false}) {
    const std::string what = what_of<Invalid>([&] { migrates ? open().migrate() : open().impl()->check_schema(); });
    EXPECT_TRUE(has(what, "version 4") && has(what, "knows version 3") && has(what, "this one knows 1") &&
                has(what, "upgrade"))
        << what;
  }
}

TEST_F(SqliteFile, MigratingTwiceChangesNothing) {
  Store store = migrated();
  auto inbox = store.impl()->inbox("c");
  EXPECT_TRUE(inbox->open_instance({.name = "i", .queue = "q"}));
  store.migrate();
  EXPECT_FALSE(store.impl()->inbox("c")->open_instance({.name = "i", .queue = "q"}));
}

TEST_F(SqliteFile, ViewsSpeakTheArticlesWords) {
  Store store = migrated();
  ports::OutgoingEvent event;
  event.id = EventId::parse("1f09f4f7a1d24575a2b4b2a1b35c0b1a");
  event.type = "order.created.v1";
  event.occurred_at = from_iso8601("2025-08-22T09:30:00.5Z");
  event.envelope = "{}";
  store.transact([&](Transaction& tx) { ports::outbox_writer(Dialect::sqlite).append(tx, std::span(&event, 1)); });
  auto outbox = store.impl()->outbox();
  const auto read = [&] {
    return store.transact([](Transaction& tx) {
      return tx
          .query<std::string, std::string, std::string, std::string, std::optional<std::string>, int,
                 std::optional<std::string>>(
              "SELECT Id, OccurredAtUtc, Type, Payload, PublishedAtUtc, Attempts, LastError FROM "
              "holdfast_outbox_messages")
          .one();
    });
  };
  auto [id, occurred, type, payload, published, attempts, error] = read();
  EXPECT_EQ(id + occurred + type + payload,
            "1f09f4f7a1d24575a2b4b2a1b35c0b1a2025-08-22T09:30:00.500Zorder.created.v1{}");
  EXPECT_FALSE(published);
  const ports::RowRef row{outbox->read({}, 1).rows.at(0).seq, event.id};
  outbox->mark_published(std::span(&row, 1));
  EXPECT_TRUE(std::get<4>(read()));

  auto tx = store.impl()->inbox("inventory")->begin();
  const std::vector<ports::Claim> claims{{event.id, {}, "h"}};
  tx->claim(claims);
  EXPECT_EQ(tx->transaction().query<std::string>("SELECT EventId || Consumer FROM holdfast_processed_events").one(),
            event.id.to_string() + "inventory");
}

// An outbox row that no broker takes is refused where it is written.
TEST_F(SqliteFile, TheOutboxHasLimits) {
  Store store = migrated();
  const auto publish = [&](auto change) {
    ports::OutgoingEvent event;
    event.type = "t";
    change(event);
    store.transact([&](Transaction& tx) { ports::outbox_writer(Dialect::sqlite).append(tx, std::span(&event, 1)); });
  };
  EXPECT_NO_THROW(publish([](auto& e) {
    e.type = std::string(200, 't'), e.key = std::string(200, 'k'), e.envelope = std::string(1 << 20, 'x');
  }));
  EXPECT_THROW(publish([](auto& e) { e.type = std::string(201, 't'); }), SqlError);
  EXPECT_THROW(publish([](auto& e) { e.key = std::string(201, 'k'); }), SqlError);
  EXPECT_THROW(publish([](auto& e) { e.envelope = std::string((1 << 20) + 1, 'x'); }), SqlError);
}

// The consumer's own connection: claimed in the user's transaction, gone when he rolls back.
TEST_F(SqliteFile, AnInboxJoinsTheUsersTransaction) {
  Store store = migrated();
  auto inbox = store.impl()->inbox("payment");
  const std::vector<ports::Claim> claims{{EventId::parse("1f09f4f7a1d24575a2b4b2a1b35c0b1a"), {}, "h"}};
  Other user(path());
  const auto claims_in = [&](const char* end) {
    user.run("BEGIN IMMEDIATE");
    const bool fresh = inbox->join(enlist(user.connection))->claim(claims).size() == 1;
    user.run(end);
    return fresh;
  };
  EXPECT_TRUE(claims_in("ROLLBACK"));
  EXPECT_TRUE(claims_in("COMMIT"));
  EXPECT_FALSE(claims_in("COMMIT"));
}

// G6: why a handler's transaction broke is known, whatever the handler made of it.
TEST_F(SqliteFile, TroubleIsRemembered) {
  Store store = migrated();
  store.transact([](Transaction& tx) {
    tx.exec("PRAGMA max_page_count = " + std::to_string(tx.query<int>("PRAGMA page_count").one()));
  });
  auto inbox = store.impl()->inbox("c");
  auto tx = inbox->begin();
  EXPECT_FALSE(tx->trouble());
  try {
    tx->transaction().exec("INSERT INTO t VALUES ($1)", std::string(100'000, 'x'));
  } catch (const Unavailable&) {}
  EXPECT_EQ(tx->trouble(), ports::Trouble::unavailable);
  tx.reset();
  tx = inbox->begin();
  EXPECT_THROW(tx->transaction().exec("no SQL"), SqlError);
  EXPECT_FALSE(tx->trouble());
}

}  // namespace
}  // namespace holdfast

// The SQLite driver: statements, transactions, errors in words.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "holdfast/sqlite.hpp"
#include "sql/sqlite/database.hpp"

namespace holdfast::sqlite {
namespace {

using Broken = detail::TransactionState::Broken;

class SqliteDriver : public testing::Test {
 protected:
  Transaction begin() { return Transaction(file_.begin(sql::Durability::full)); }
  void committed(std::string_view sql) {
    Transaction tx = begin();
    tx.exec(sql);
    tx.commit();
  }
  static std::string state_of(auto call) {
    try {
      call();
    } catch (const SqlError& error) { return error.sqlstate(); }
    return "no error";
  }

  File file_{{.file = ":memory:", .acquire_timeout = std::chrono::milliseconds(1)}};
};

TEST_F(SqliteDriver, PlaceholdersAreNumbers) {
  Transaction tx = begin();
  EXPECT_EQ((tx.query<int>("SELECT $2 - $1 + $2", 3, 10).one()), 17);
  EXPECT_EQ(state_of([&] { tx.query<int>("SELECT $2", 3); }), "08P01");
}
TEST_F(SqliteDriver, EachValueIsUsed) {
  Transaction tx = begin();
  EXPECT_EQ(state_of([&] { tx.query<int>("SELECT $1", 3, 4); }), "08P01");
}
TEST_F(SqliteDriver, NamesAreRefused) {
  Transaction tx = begin();
  EXPECT_EQ(state_of([&] { tx.query<int>("SELECT :name", 3); }), "42601");
}
TEST_F(SqliteDriver, OneStatementAtATime) {
  Transaction tx = begin();
  EXPECT_EQ(state_of([&] { tx.exec("SELECT 1; SELECT 2"); }), "42601");
}

TEST_F(SqliteDriver, KeepsTypes) {
  Transaction tx = begin();
  tx.exec("CREATE TABLE t(v)");
  for (const auto& [value, type] :
       std::vector<std::pair<detail::SqlValue, std::string>>{{detail::to_sql(std::int64_t{1} << 62), "integer"},
                                                             {detail::to_sql(1.5), "real"},
                                                             {detail::to_sql(std::string("a\0b", 3)), "text"},
                                                             {detail::to_sql(Bytes{}), "blob"},
                                                             {detail::to_sql(Bytes{std::string("\0\xff", 2)}), "blob"},
                                                             {{}, "null"}}) {
    tx.exec("DELETE FROM t");
    tx.ref().execute("INSERT INTO t VALUES ($1)", std::span(&value, 1));
    const auto row = tx.ref().execute("SELECT v, typeof(v) FROM t", {}).rows.at(0);
    EXPECT_EQ(row[0].value, value.value) << type;
    EXPECT_EQ(std::get<std::string>(row[1].value), type);
  }
}

TEST_F(SqliteDriver, CountsWhatChanged) {
  Transaction tx = begin();
  EXPECT_EQ(tx.exec("CREATE TABLE t(v)"), 0);
  EXPECT_EQ(tx.exec("INSERT INTO t VALUES (1), (2), (3)"), 3);
  EXPECT_EQ(tx.exec("SELECT * FROM t"), 0);
  EXPECT_EQ(tx.exec("UPDATE t SET v = 0 WHERE v > 5"), 0);
}

TEST_F(SqliteDriver, RollsBackUnlessCommitted) {
  committed("CREATE TABLE t(v)");
  { begin().exec("INSERT INTO t VALUES (1)"); }
  committed("INSERT INTO t VALUES (2)");
  EXPECT_EQ(begin().query<int>("SELECT v FROM t").one(), 2);
}

TEST_F(SqliteDriver, NamesTheConstraint) {
  committed("CREATE TABLE t(v INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL, c CHECK (c > 0))");
  committed("INSERT INTO t VALUES (1, 1, 1, 1)");
  EXPECT_EQ(state_of([&] { begin().exec("INSERT INTO t VALUES (1, 2, 1, 1)"); }), "23505");
  EXPECT_EQ(state_of([&] { begin().exec("INSERT INTO t VALUES (2, 1, 1, 1)"); }), "23505");
  EXPECT_EQ(state_of([&] { begin().exec("INSERT INTO t VALUES (2, 2, NULL, 1)"); }), "23502");
  EXPECT_EQ(state_of([&] { begin().exec("INSERT INTO t VALUES (2, 2, 1, 0)"); }), "23514");
  EXPECT_EQ(state_of([&] { begin().exec("SELECT * FROM nowhere"); }), "42P01");
}

TEST_F(SqliteDriver, ForeignKeysAreKept) {
  committed("CREATE TABLE a(v INTEGER PRIMARY KEY)");
  committed("CREATE TABLE b(v REFERENCES a, w REFERENCES a DEFERRABLE INITIALLY DEFERRED)");
  EXPECT_EQ(state_of([&] { begin().exec("INSERT INTO b VALUES (1, NULL)"); }), "23503");
  EXPECT_EQ(state_of([&] { committed("INSERT INTO b VALUES (NULL, 1)"); }), "23503");  // at commit
  EXPECT_TRUE(begin().query<int>("SELECT 1 FROM b").empty());
}

// As on PostgreSQL: a handler that swallows an error must not commit half of its work.
TEST_F(SqliteDriver, AfterAnErrorOnlyRollbackIsPossible) {
  committed("CREATE TABLE t(v UNIQUE)");
  {
    Transaction tx = begin();
    tx.exec("INSERT INTO t VALUES (1)");
    EXPECT_EQ(state_of([&] { tx.exec("INSERT INTO t VALUES (1)"); }), "23505");
    EXPECT_EQ(state_of([&] { tx.exec("INSERT INTO t VALUES (2)"); }), "25P02");
    EXPECT_EQ(state_of([&] { tx.commit(); }), "25P02");
    EXPECT_EQ(tx.state().broken(), std::nullopt);  // its own fault
  }
  EXPECT_TRUE(begin().query<int>("SELECT v FROM t").empty());
}

TEST_F(SqliteDriver, ATransactionRemembersWhatBrokeIt) {
  committed("CREATE TABLE t(v)");
  committed("PRAGMA max_page_count = 3");
  Transaction tx = begin();
  EXPECT_THROW(tx.exec("INSERT INTO t VALUES ($1)", Bytes{std::string(100'000, 'x')}), Unavailable);
  EXPECT_EQ(tx.state().broken(), Broken::unavailable);
  EXPECT_THROW(tx.exec("SELECT 1"), Unavailable);
  EXPECT_THROW(tx.commit(), Unavailable);
}

/// Reading works on a full disk, and an error of the statement is none of the disk's.
TEST_F(SqliteDriver, RemembersThatItCouldNotWriteUntilItCan) {
  committed("CREATE TABLE t(v UNIQUE)");
  committed("INSERT INTO t VALUES (1)");
  EXPECT_EQ(state_of([&] { committed("INSERT INTO t VALUES (1)"); }), "23505");
  EXPECT_FALSE(file_.write_trouble());
  committed("PRAGMA max_page_count = 4");
  const auto add_much = [&] {
    Transaction tx = begin();
    tx.exec("INSERT INTO t VALUES ($1)", Bytes{std::string(100'000, 'x')});
    tx.commit();
  };
  EXPECT_THROW(add_much(), Unavailable);
  ASSERT_TRUE(file_.write_trouble());
  EXPECT_NE(file_.write_trouble()->why.find("the disk is full"), std::string::npos) << file_.write_trouble()->why;
  EXPECT_FALSE(file_.write_trouble()->for_good);
  committed("SELECT v FROM t");
  Transaction(file_.begin_read()).commit();
  EXPECT_TRUE(file_.write_trouble()) << "that wrote nothing";
  committed("PRAGMA max_page_count = 1000");
  add_much();
  EXPECT_FALSE(file_.write_trouble());
}

TEST(WriteHealth, OfADamagedFileDoesNotImprove) {
  WriteHealth writes;
  writes.failed("full", false);
  writes.failed("damaged", true);
  writes.failed("full", false);
  writes.succeeded();
  EXPECT_EQ(writes.trouble()->why, "damaged");
}

TEST_F(SqliteDriver, EndingItBySqlIsADefect) {
  committed("CREATE TABLE t(v)");
  Transaction tx = begin();
  EXPECT_THROW(tx.exec("COMMIT"), std::logic_error);
}

TEST_F(SqliteDriver, IsOverAfterCommit) {
  Transaction tx = begin();
  tx.commit();
  EXPECT_THROW(tx.exec("SELECT 1"), std::logic_error);
  EXPECT_THROW(tx.commit(), std::logic_error);
  begin();  // the connection was given back
}

TEST_F(SqliteDriver, OneWriterAtATime) {
  const Transaction tx = begin();
  EXPECT_THROW(begin(), Unavailable);
}

class Hook : public detail::CommitHook {
 public:
  Hook(std::string& log, bool fails) : log_(log), fails_(fails) {}
  void before_commit(TransactionRef tx) override {
    if (fails_) throw Invalid("key", "too long");
    log_ += "before ";
    tx.exec("INSERT INTO t VALUES (7)");
  }
  void after_commit() noexcept override { log_ += "after"; }

 private:
  std::string& log_;
  bool fails_;
};

TEST_F(SqliteDriver, TheHookWritesInsideAndIsToldAfter) {
  committed("CREATE TABLE t(v)");
  std::string log;
  Transaction tx = begin();
  *tx.ref().hook() = std::make_unique<Hook>(log, false);
  tx.commit();
  EXPECT_EQ(log, "before after");
  EXPECT_EQ(begin().query<int>("SELECT v FROM t").one(), 7);
}

TEST_F(SqliteDriver, AHookThatFailsRollsBack) {
  committed("CREATE TABLE t(v)");
  std::string log;
  {
    Transaction tx = begin();
    *tx.ref().hook() = std::make_unique<Hook>(log, true);
    tx.exec("INSERT INTO t VALUES (1)");
    EXPECT_THROW(tx.commit(), Invalid);
  }
  EXPECT_EQ(log, "");
  EXPECT_TRUE(begin().query<int>("SELECT v FROM t").empty());
}

TEST_F(SqliteDriver, NativeIsTheConnectionBelow) {
  Transaction tx = begin();
  tx.exec("CREATE TABLE t(v)");
  EXPECT_EQ(sqlite3_get_autocommit(native(tx)), 0);
  EXPECT_EQ(sqlite3_exec(native(tx), "INSERT INTO t VALUES (5)", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(tx.query<int>("SELECT v FROM t").one(), 5);
}

class Enlisted : public testing::Test {
 protected:
  Enlisted() { sqlite3_open(":memory:", &connection_); }
  ~Enlisted() override { sqlite3_close(connection_); }
  void run(const char* sql) { ASSERT_EQ(sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr), SQLITE_OK); }
  sqlite3* connection_ = nullptr;
};

TEST_F(Enlisted, RunsInTheUsersTransaction) {
  run("CREATE TABLE t(v); BEGIN");
  const TransactionRef tx = enlist(connection_);
  EXPECT_EQ(tx.hook(), nullptr);
  EXPECT_EQ(tx.exec("INSERT INTO t VALUES ($1)", 7), 1);
  EXPECT_EQ(tx.query<int>("SELECT v FROM t").one(), 7);
  run("ROLLBACK");
  EXPECT_THROW(tx.exec("SELECT 1"), std::logic_error);
  run("BEGIN");
  EXPECT_TRUE(tx.query<int>("SELECT v FROM t").empty());
}

TEST_F(Enlisted, NeedsATransaction) { EXPECT_THROW(enlist(connection_), std::logic_error); }

TEST_F(Enlisted, LeavesNoStatementBehind) {
  run("BEGIN");
  enlist(connection_).query<int>("SELECT 1");
  EXPECT_EQ(sqlite3_next_stmt(connection_, nullptr), nullptr);
}

}  // namespace
}  // namespace holdfast::sqlite

// Transactions on a real server: values there and back, what breaks one, and a commit whose answer gets lost.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include "holdfast/postgres.hpp"
#include "postgres_server/databases.hpp"
#include "sql/postgres/server.hpp"
#include "sql/refused.hpp"

namespace holdfast::pg_test {
namespace {

std::string state_of(auto call) {
  try {
    call();
  } catch (const SqlError& error) { return error.sqlstate(); }
  return "no error";
}

class PostgresTransactions : public testing::Test {
 protected:
  Store open(int connections = 5) {
    return postgres::open({.url = database.url(), .connections = connections, .acquire_timeout = patience});
  }
  void end_sessions() const {
    database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        "pg_backend_pid()");
  }
  Database database;
  Store store = open();
};

TEST_F(PostgresTransactions, ValuesComeBackAsTheyWent) {
  store.transact([](Transaction& tx) {
    tx.exec(
        "CREATE TABLE v(b boolean, i bigint, s smallint, d float8, t text, y bytea, n numeric(18,2), u uuid, at "
        "timestamptz, none int)");
    const EventId id = EventId::generate();
    const Timestamp at(std::chrono::microseconds(1'755'855'000'123'456));
    const std::string text = "\xc3\xa4 \"\\ \n'{},NULL";
    std::string bytes;
    for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
    EXPECT_EQ(tx.exec("INSERT INTO v VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", true, std::int64_t{1} << 62, -7,
                      0.1, text, Bytes{bytes}, Money::parse("9999999999999999.99"), id, at, std::optional<int>()),
              1);
    const auto row =
        tx.query<bool, std::int64_t, int, double, std::string, Bytes, Money, EventId, Timestamp, std::optional<int>>(
              "SELECT * FROM v")
            .one();
    EXPECT_EQ(row, std::make_tuple(true, std::int64_t{1} << 62, -7, 0.1, text, Bytes{bytes},
                                   Money::parse("9999999999999999.99"), id, at, std::optional<int>()));
  });
}

TEST_F(PostgresTransactions, ListsAreArrays) {
  store.transact([](Transaction& tx) {
    const std::vector<std::string> texts{"a\"b", "\\", "", "NULL", "{,}"};
    const auto back =
        tx.query<std::string>("SELECT t FROM unnest($1::text[]) WITH ORDINALITY AS x(t, n) ORDER BY n", texts);
    EXPECT_EQ(std::vector<std::string>(back.begin(), back.end()), texts);
    EXPECT_EQ(tx.query<std::int64_t>("SELECT sum(n)::bigint FROM unnest($1::bigint[]) AS n", std::vector<int>{1, 2, 40})
                  .one(),
              43);
    const std::vector<Bytes> bytes{{std::string("\0\xff", 2)}, {""}};
    EXPECT_EQ(tx.query<Bytes>("SELECT ($1::bytea[])[1]", bytes).one(), bytes[0]);
    EXPECT_EQ(tx.query<int>("SELECT count(*) FROM unnest($1::int[]) AS n WHERE n IS NULL",
                            std::vector<std::optional<int>>{1, {}, 2})
                  .one(),
              1);
    EXPECT_EQ(tx.query<int>("SELECT cardinality($1::int[])", std::vector<int>()).one(), 0);
  });
}

TEST_F(PostgresTransactions, MistakesHaveTheServersState) {
  store.transact(
      [](Transaction& tx) { tx.exec("CREATE TABLE u(n int PRIMARY KEY)"), tx.exec("INSERT INTO u VALUES (1)"); });
  const auto run = [&](const char* sql) { return state_of([&] { store.begin().exec(sql); }); };
  EXPECT_EQ(run("INSERT INTO u VALUES (1)"), "23505");
  EXPECT_EQ(run("SELEC"), "42601");
  EXPECT_EQ(run(""), "42601");
  EXPECT_EQ(run("SELECT 1; SELECT 2"), "42601");
  EXPECT_EQ(run("SELECT * FROM nowhere"), "42P01");
  EXPECT_EQ(state_of([&] { store.begin().exec("SELECT $1::text", std::string("a\0b", 3)); }), "22021");
}

TEST_F(PostgresTransactions, AfterAFailureOnlyRollbackIsPossible) {
  Transaction tx = store.begin();
  EXPECT_THROW(tx.exec("SELECT 1/0"), SqlError);
  EXPECT_EQ(state_of([&] { tx.exec("SELECT 1"); }), "25P02");
  EXPECT_EQ(state_of([&] { tx.commit(); }), "25P02");
}

TEST_F(PostgresTransactions, AStatementMayNotEndIt) {
  Transaction tx = store.begin();
  EXPECT_THROW(tx.exec("COMMIT"), std::logic_error);
}

TEST_F(PostgresTransactions, ALostConnectionRunsTheBodyAgain) {
  int runs = 0;
  const int answer = store.transact([&](Transaction& tx) {
    if (++runs == 1) {
      tx.exec("SELECT 1");
      end_sessions();
    }
    return tx.query<int>("SELECT 7").one();
  });
  EXPECT_EQ(answer, 7);
  EXPECT_EQ(runs, 2);
}

TEST_F(PostgresTransactions, IdleConnectionsThatTheServerClosedAreNotUsed) {
  store.transact([](Transaction& tx) { tx.exec("SELECT 1"); });
  end_sessions();
  int runs = 0;
  store.transact([&](Transaction& tx) { ++runs, tx.exec("SELECT 1"); });
  EXPECT_EQ(runs, 1);
}

TEST_F(PostgresTransactions, ADeadlockAndALockThatIsNotFreedAreRunAgain) {
  store.transact([](Transaction& tx) { tx.exec("CREATE TABLE l(n int)"), tx.exec("INSERT INTO l VALUES (1)"); });
  Transaction holder = store.begin();
  holder.exec("UPDATE l SET n = 2");
  postgres::Settings settings;
  settings.url = database.url();
  settings.lock_timeout = std::chrono::milliseconds(20);
  postgres::Server impatient(settings);
  const auto tx = impatient.begin(sql::Durability::full);
  EXPECT_THROW(tx->ref().exec("UPDATE l SET n = 3"), Transient);
  EXPECT_EQ(tx->broken(), detail::TransactionState::Broken::transient);
}

TEST_F(PostgresTransactions, SessionsAreSetUp) {
  store.transact([](Transaction& tx) {
    const auto setting = [&](const char* name) {
      return tx.query<std::string>("SELECT current_setting($1)", name).one();
    };
    EXPECT_EQ(setting("lock_timeout"), "5s");
    EXPECT_EQ(setting("idle_in_transaction_session_timeout"), "1min");
    EXPECT_EQ(setting("tcp_keepalives_idle"), "10");
    EXPECT_EQ(setting("transaction_isolation"), "read committed");
  });
}

/// A commit that waits for a standby that is not there: it is done, and its answer is not given.
class PostgresDoubt : public PostgresTransactions {
 protected:
  PostgresDoubt() { standby("nobody"); }
  ~PostgresDoubt() override { standby(""); }
  static void standby(const std::string& name) {
    server().sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '" + name + "'");
    server().sql("postgres", "SELECT pg_reload_conf()");
  }
  /// Runs a commit; if it waits, its session is ended, as a network that breaks would. Did it wait?
  bool commit_without_answer(const std::function<void()>& commit) const {
    std::atomic<bool> ended = false;
    {
      const std::jthread killer([&](const std::stop_token& answered) {
        const auto sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        while (!answered.stop_requested())
          if (database.sql(sql) != "0") ended = true;
      });
      commit();
    }
    return ended;
  }
};

TEST_F(PostgresDoubt, ACommitWhoseAnswerIsLostIsAskedAfter) {
  standby("");
  store.transact([](Transaction& tx) { tx.exec("CREATE TABLE d(n int)"); });
  standby("nobody");
  int runs = 0, commits = 0;
  for (bool waited = false; !waited; ++commits)  // the server takes the setting over when it comes to it
    waited = commit_without_answer(
        [&] { store.transact([&](Transaction& tx) { ++runs, tx.exec("INSERT INTO d VALUES (1)"); }); });
  EXPECT_EQ(runs, commits);
  EXPECT_EQ(database.sql("SELECT count(*) FROM d"), std::to_string(commits));
}

TEST_F(PostgresTransactions, TheServerTellsWhatBecameOfATransaction) {
  const auto fresh = [this] {
    postgres::Settings settings;
    settings.url = database.url();
    return std::make_unique<postgres::Connection>(settings, "test", postgres::session_variables(settings));
  };
  const auto incarnation = fresh()->incarnation();
  const auto fate = [&](const std::string& xid, const std::string& run) {
    return postgres::fate_of({xid, run}, fresh, std::chrono::milliseconds(300));
  };
  Transaction open = store.begin();
  const auto in_progress = open.query<std::string>("SELECT pg_current_xact_id()::text").one();
  const auto committed = database.sql("SELECT pg_current_xact_id()");
  std::string aborted;
  {
    Transaction tx = store.begin();
    aborted = tx.query<std::string>("SELECT pg_current_xact_id()::text").one();
  }
  EXPECT_EQ(fate(committed, incarnation), postgres::Fate::committed);
  EXPECT_EQ(fate(aborted, incarnation), postgres::Fate::rolled_back);
  EXPECT_EQ(fate(in_progress, incarnation), postgres::Fate::unknown);  // still under way when patience ends
  EXPECT_EQ(fate("99999999", incarnation), postgres::Fate::rolled_back);  // never written down
  // After a crash the server gives out numbers again that it never wrote down.
  EXPECT_EQ(fate(committed, "another run"), postgres::Fate::unknown);
  EXPECT_EQ(fate(aborted, "another run"), postgres::Fate::rolled_back);
}

// One of the server's processes crashes: it starts anew, and its numbers with it, though the server itself lived on.
TEST_F(PostgresTransactions, AServerThatCrashedIsAnotherRun) {
  const auto run = [this] {
    postgres::Settings settings;
    settings.url = database.url();
    settings.acquire_timeout = patience;
    return postgres::Connection(settings, "test", postgres::session_variables(settings)).incarnation();
  };
  const auto before = run();
  EXPECT_EQ(run(), before);
  const pid_t postmaster = server().pid();
  kill(std::stoi(database.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'background writer'")), SIGKILL);
  std::string after = before;
  for (int tries = 0; tries < 600 && after == before; ++tries) try {
      after = run();
    } catch (const Unavailable&) { std::this_thread::sleep_for(std::chrono::milliseconds(50)); }
  EXPECT_NE(after, before);
  EXPECT_EQ(server().pid(), postmaster);
}

TEST_F(PostgresTransactions, WhatTheServerRefusesSaysWhatToDo) {
  const auto why = [](const std::string& url) -> std::string {
    try {
      (void)postgres::open({.url = url, .acquire_timeout = patience}).begin();
    } catch (const sql::Refused& refused) { return refused.what(); } catch (const Unavailable& away) {
      return std::string("away: ") + away.what();
    }
    return "opened";
  };
  const std::string port = std::to_string(server().port());
  EXPECT_NE(why("postgres://app:wrong@127.0.0.1:" + port + "/postgres").find("Check user and password"),
            std::string::npos);
  EXPECT_EQ(why("postgres://app:wrong@127.0.0.1:" + port + "/postgres").find("wrong"),
            std::string::npos);  // no secret is shown
  EXPECT_NE(why(server().url("app", "nowhere")).find("Create the database first"), std::string::npos);
  EXPECT_EQ(why("postgres://app@127.0.0.1:1/postgres").substr(0, 5), "away:");
  EXPECT_THROW((void)postgres::open({.url = "postgres://a:b@c:d:e/f%"}), Invalid);
}

}  // namespace
}  // namespace holdfast::pg_test

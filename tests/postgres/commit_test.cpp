// Commits on a real server: what goes with one, and one whose answer gets lost.
#include <atomic>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include "postgres/transactions.hpp"

namespace holdfast::pg_test {
namespace {

/// What the outbox does at the end of a transaction.
class PostgresCommit : public PostgresTransactions {
 protected:
  PostgresCommit() {
    store.transact([](Transaction& tx) { tx.exec("CREATE TABLE c(n int PRIMARY KEY)"); });
  }
  std::unique_ptr<detail::TransactionState> begin() { return server_.begin(sql::Durability::full); }
  std::string rows() const { return database.sql("SELECT coalesce(string_agg(n::text, ' ' ORDER BY n), '') FROM c"); }
  /// Whether the database takes new ones; those that are there end.
  void connections(const std::string& taken) const {
    server().sql("postgres", "ALTER DATABASE " + database.name() + " ALLOW_CONNECTIONS " + taken);
    const auto ended =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '" + database.name() + "'";
    while (std::stoi(server().sql("postgres", ended)) != 0) {}
  }
  static void insert(detail::TransactionState& tx, int n) { tx.ref().exec("INSERT INTO c VALUES ($1)", n); }

 private:
  postgres::Settings settings() const {
    postgres::Settings out;
    out.url = database.url();
    return out;
  }
  postgres::Server server_{settings()};
};

TEST_F(PostgresCommit, WhatIsExecutedWhileCommittingGoesWithIt) {
  const auto tx = begin();
  insert(*tx, 1);
  tx->committing();
  insert(*tx, 2);
  insert(*tx, 3);
  tx->commit();
  EXPECT_EQ(rows(), "1 2 3");
}

TEST_F(PostgresCommit, WhereThatFailsNothingIsCommitted) {
  for (int time = 0; time < 2; ++time) {  // the connection is good for another one
    const auto tx = begin();
    insert(*tx, 1);
    tx->committing();
    EXPECT_NO_THROW(insert(*tx, 1)) << "it waits for the commit";
    EXPECT_EQ(state_of([&] { tx->commit(); }), "23505");
    EXPECT_EQ(rows(), "");
  }
}

// A server that stops ends idle sessions: COMMIT was not looked at, so nobody need look what became of it.
TEST_F(PostgresCommit, OfASessionThatWasEndedBeforeIsRunAgain) {
  const auto tx = begin();
  insert(*tx, 1);
  tx->committing();
  insert(*tx, 2);
  connections("false");  // who asked would wait in vain
  EXPECT_THROW(tx->commit(), Transient);
  connections("true");
  EXPECT_EQ(rows(), "");
}

TEST_F(PostgresCommit, AfterItsTransactionWasEndedByHandNothingIsWrittenAlone) {
  const auto tx = begin();
  insert(*tx, 1);
  PQclear(PQexec(static_cast<postgres::OpenTransaction&>(*tx).native(), "ROLLBACK"));
  tx->committing();
  EXPECT_THROW(insert(*tx, 2), std::logic_error);
}

TEST_F(PostgresCommit, WithoutANumberThatCouldBeAskedAboutNothingWaits) {
  const auto tx = begin();
  tx->committing();
  insert(*tx, 1);
  EXPECT_EQ(state_of([&] {
              insert(*tx, 1);
              tx->commit();
            }),
            "23505");
}

/// A commit that waits for a standby that is not there: it is done, and its answer is not given.
class PostgresDoubt : public PostgresTransactions {
 public:
  ~PostgresDoubt() override { standby(""); }

 protected:
  PostgresDoubt() { standby("nobody"); }
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

TEST_F(PostgresDoubt, SoIsOneThatHadMoreToSay) {
  standby("");
  store.transact([](Transaction& tx) { tx.exec("CREATE TABLE d(n int)"); });
  standby("nobody");
  postgres::Settings settings;
  settings.url = database.url();
  postgres::Server there(settings);
  int commits = 0;
  for (bool waited = false; !waited; ++commits)
    waited = commit_without_answer([&] {
      const auto tx = there.begin(sql::Durability::full);
      tx->ref().exec("INSERT INTO d VALUES (1)");
      tx->committing();
      tx->ref().exec("INSERT INTO d VALUES (2)");
      tx->commit();
    });
  EXPECT_EQ(database.sql("SELECT count(*) FROM d"), std::to_string(2 * commits));
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

}  // namespace
}  // namespace holdfast::pg_test

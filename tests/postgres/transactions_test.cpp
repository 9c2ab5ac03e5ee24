// Transactions on a real server: values there and back, and what breaks one.
#include <poll.h>

#include "postgres/transactions.hpp"
#include "sql/refused.hpp"

namespace holdfast::pg_test {
namespace {

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

// The first time in text, as nobody knows yet what it brings.
TEST_F(PostgresTransactions, BytesComeInBinaryTheSecondTimeAndAllBesideThemToo) {
  const EventId id = EventId::generate();
  const Bytes bytes{std::string("\0\\x\xff", 4)};
  store.transact([&](Transaction& tx) {
    tx.exec("CREATE TABLE v(y bytea, b boolean, s smallint, i int, l bigint, t text, c varchar, u uuid)");
    tx.exec("INSERT INTO v VALUES ($1, true, -7, -70000, $2, 'ä', '', $3), (NULL, false, 7, 70000, 1, NULL, 'c', NULL)",
            bytes, std::int64_t{-1} << 62, id);
    using Opt = std::optional<std::string>;
    const auto read = [&] {
      const auto rows = tx.query<std::optional<Bytes>, bool, int, int, std::int64_t, Opt, std::string, Opt>(
          "SELECT * FROM v ORDER BY i");
      return std::vector(rows.begin(), rows.end());
    };
    const auto in_text = read();
    const auto dashed = tx.query<std::string>("SELECT u::text FROM v WHERE b").one();
    EXPECT_EQ(in_text.at(0),
              std::make_tuple(bytes, true, -7, -70000, std::int64_t{-1} << 62, Opt("ä"), std::string(), Opt(dashed)));
    tx.exec("SET LOCAL bytea_output = 'escape'");  // nothing that could be read in text
    EXPECT_EQ(read(), in_text);
    tx.exec("SET LOCAL bytea_output = 'hex'");
    EXPECT_EQ(tx.query<EventId>("SELECT u FROM v WHERE y = $1", bytes).one(), id);
    for (int time = 0; time < 2; ++time)
      EXPECT_EQ((tx.query<Bytes, Timestamp>("SELECT y, timestamptz '2026-01-02 03:04:05+00' FROM v WHERE b").one()),
                std::make_tuple(bytes, from_iso8601("2026-01-02T03:04:05Z")));
  });
}

TEST_F(PostgresTransactions, ListsOfBytesKeepTheirOrderAndLength) {
  const std::vector<Bytes> all{{std::string("\0\"{},", 5)}, {""}, {std::string(100'000, '\xfe')}};
  const auto back = store.transact([&](Transaction& tx) {
    const auto rows = tx.query<Bytes>("SELECT b FROM unnest($1::bytea[]) WITH ORDINALITY AS x(b, n) ORDER BY n", all);
    return std::vector<Bytes>(rows.begin(), rows.end());
  });
  EXPECT_EQ(back, all);
  const std::vector<std::optional<Bytes>> with_null{all[0], {}};
  EXPECT_EQ(store.begin().query<int>("SELECT count(b) FROM unnest($1::bytea[]) AS b", with_null).one(), 1);
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

// Its farewell and the end of the connection are two reads: seen as alive after the first, it failed at its next statement.
TEST_F(PostgresTransactions, ThatTheServerEndedAnIdleConnectionIsSeenAtOnce) {
  postgres::Settings settings;
  settings.url = database.url();
  postgres::Connection connection(settings, "a connection", postgres::session_variables(settings));
  EXPECT_TRUE(connection.alive());
  end_sessions();
  pollfd ended{PQsocket(connection.native()), POLLRDHUP, 0};
  ASSERT_EQ(poll(&ended, 1, 60'000), 1);
  EXPECT_FALSE(connection.alive());
}

TEST_F(PostgresTransactions, AConnectionWhosePreparedStatementsAreGoneIsGivenUp) {
  Store one = open(1);
  EXPECT_EQ(state_of([&] { one.transact([](Transaction& tx) { tx.exec("DEALLOCATE ALL"); }); }), "26000");
  EXPECT_EQ(one.transact([](Transaction& tx) { return tx.query<int>("SELECT 7").one(); }), 7);
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

TEST_F(PostgresTransactions, SessionsAreSetUpWhateverTheDatabaseSays) {
  for (const auto* otherwise : {"default_transaction_isolation = 'serializable'", "default_transaction_read_only = on"})
    server().sql("postgres", "ALTER DATABASE " + database.name() + " SET " + otherwise);
  open().transact([](Transaction& tx) {
    const auto setting = [&](const char* name) {
      return tx.query<std::string>("SELECT current_setting($1)", name).one();
    };
    EXPECT_EQ(setting("lock_timeout"), "5s");
    EXPECT_EQ(setting("idle_in_transaction_session_timeout"), "1min");
    EXPECT_EQ(setting("tcp_keepalives_idle"), "10");
    EXPECT_EQ(setting("transaction_isolation"), "read committed");
    EXPECT_EQ(setting("transaction_read_only"), "off");
  });
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

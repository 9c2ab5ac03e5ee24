// G2, G4: an event is in the outbox if its transaction committed, whoever opened it; and the numbers of one key are in the order of
// the commits.
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <thread>

#if __has_include(<pqxx/pqxx>)
#include "holdfast/pqxx.hpp"
#endif
#include "event/envelope.hpp"
#include "event/key_hash.hpp"
#include "holdfast/outbox.hpp"
#include "holdfast/postgres.hpp"
#include "ports/store_base.hpp"
#include "postgres_server/databases.hpp"

namespace holdfast::pg_test {
namespace {

class PostgresPublish : public testing::Test {
 protected:
  std::vector<ports::OutboxRow> pending() { return store.impl()->outbox()->read({}, 1000).rows; }
  EventId publish(TransactionRef tx, const std::string& key, const std::string& json = "{}") {
    PublishOptions options;
    options.key = key;
    return outbox.publish_encoded(tx, "order.created.v2", json, options);
  }
  int waiting() {
    return store.transact([](Transaction& tx) {
      return tx.query<int>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").one();
    });
  }

  Database database;
  Store store = postgres::open({.url = database.url(), .acquire_timeout = patience});
  Outbox outbox{"shop"};
};

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Own = std::unique_ptr<PGconn, Finish>;
void run(const Own& connection, const char* sql) { PQclear(PQexec(connection.get(), sql)); }

TEST_F(PostgresPublish, EventsOfATransactionAreThereOnceItCommitted) {
  {
    Transaction tx = store.begin();
    publish(tx, "k");
  }
  EXPECT_TRUE(pending().empty());
  const EventId id = store.transact([&](Transaction& tx) { return publish(tx, "k", "{\"n\": 1.50}"); });
  const auto rows = pending();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].event.id, id);
  EXPECT_EQ(event::decode(rows[0].event.envelope, rows[0].event.headers).payload, "{\"n\": 1.50}");
}

TEST_F(PostgresPublish, ALargeTransactionKeepsItsOrder) {
  std::vector<EventId> ids;
  store.transact([&](Transaction& tx) {
    for (int n = 0; n < 500; ++n) ids.push_back(publish(tx, "k"));
  });
  const auto rows = pending();
  ASSERT_EQ(rows.size(), ids.size());
  for (std::size_t n = 0; n < ids.size(); ++n) EXPECT_EQ(rows[n].event.id, ids[n]);
}

// Two producers of one key: the second takes its number only when the first is over.
TEST_F(PostgresPublish, G4_TheSecondOfAKeyWaitsForTheFirst) {
  const Own first(PQconnectdb(database.url().c_str()));
  run(first, "BEGIN");
  const EventId a = publish(enlist(first.get()), "k");
  EventId b;
  std::thread second([&] { b = store.transact([&](Transaction& tx) { return publish(tx, "k"); }); });
  for (int looks = 0; looks < 3000 && waiting() == 0; ++looks) std::this_thread::yield();
  EXPECT_EQ(waiting(), 1);
  store.transact([&](Transaction& tx) { publish(tx, "another"); });  // nobody else waits
  EXPECT_EQ(pending().size(), 1u);
  run(first, "COMMIT");
  second.join();
  const auto rows = pending();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].event.id, a);
  EXPECT_EQ(rows[2].event.id, b);
}

// What is published in a transaction of Holdfast's own is locked in one order, whatever order it was published in.
TEST_F(PostgresPublish, G4_KeysThatCrossAreNoDeadlock) {
  std::vector<std::thread> threads;
  std::atomic<int> runs = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i)
        store.transact([&](Transaction& tx) {
          ++runs;
          for (int k = 0; k < 8; ++k) publish(tx, "k" + std::to_string(t % 2 ? k : 7 - k));
        });
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(runs, 200);
  EXPECT_EQ(pending().size(), 1000u);  // of 1600: one page
}

TEST_F(PostgresPublish, AnEventWaitsForTheDiskThoughItsSessionWouldNot) {
  const Own session(PQconnectdb(database.url().c_str()));
  run(session, "SET synchronous_commit = off");
  run(session, "BEGIN");
  publish(enlist(session.get()), "k");
  const auto setting = enlist(session.get()).query<std::string>("SHOW synchronous_commit").one();
  EXPECT_EQ(setting, "on");
  run(session, "COMMIT");
}

TEST_F(PostgresPublish, AConnectionOfYourOwnMustBeInATransaction) {
  const Own own(PQconnectdb(database.url().c_str()));
  EXPECT_THROW(enlist(own.get()), std::logic_error);
  run(own, "BEGIN");
  const TransactionRef tx = enlist(own.get());
  publish(tx, "k");
  EXPECT_TRUE(pending().empty());
  EXPECT_THROW(tx.exec("SELECT 1/0"), SqlError);
  EXPECT_THROW(publish(tx, "k"), std::logic_error);
  run(own, "ROLLBACK");
  EXPECT_TRUE(pending().empty());
  EXPECT_THROW(publish(tx, "k"), std::logic_error);
}

TEST_F(PostgresPublish, NativeIsTheConnectionUnderATransaction) {
  store.transact([&](Transaction& tx) {
    PQclear(PQexec(postgres::native(tx), "CREATE TABLE mine(n int)"));
    EXPECT_EQ(tx.exec("INSERT INTO mine VALUES (1)"), 1);
  });
}

#if __has_include(<pqxx/pqxx>)
TEST_F(PostgresPublish, LibpqxxTransactionsAreJoined) {
  pqxx::connection connection(database.url());
  {
    pqxx::work tx(connection);
    publish(holdfast::enlist(tx), "k");
  }
  EXPECT_TRUE(pending().empty());
  EventId id;
  const auto inbox = store.impl()->inbox("mine");
  const std::vector<ports::Claim> claims{{EventId::generate(), Timestamp{}, std::string("\0\xff", 2)}};
  {
    pqxx::work tx(connection);
    id = publish(holdfast::enlist(tx), "k");
    EXPECT_EQ(inbox->join(holdfast::enlist(tx))->claim(claims).size(), 1u);
    tx.commit();
  }
  ASSERT_EQ(pending().size(), 1u);
  EXPECT_EQ(pending()[0].event.id, id);
  EXPECT_EQ(pending()[0].event.key, "k");
  EXPECT_TRUE(inbox->begin()->claim(claims).empty());
  EXPECT_EQ(inbox->begin()->look({claims[0].id}).at(claims[0].id).body_hash, claims[0].body_hash);
}
#endif

// Any language publishes by SQL; what it wrote is what the library would have written.
TEST_F(PostgresPublish, BySqlAnEventIsTheSame) {
  const auto said = database.sql(
      "SET application_name = 'billing'; SELECT holdfast.publish('order.created.v2', '12045', '{\"total\":  1499.00, "
      "\"a\": 1}',"
      " '{\"tenant\": \"a\\\"b\"}')");
  const auto rows = pending();
  ASSERT_EQ(rows.size(), 1u);
  const auto& row = rows[0].event;
  EXPECT_EQ(row.id, EventId::parse(said));
  EXPECT_EQ(row.type, "order.created.v2");
  EXPECT_EQ(row.key, "12045");
  const Envelope read = event::decode(row.envelope, row.headers);
  EXPECT_EQ(read.payload, "{\"total\":  1499.00, \"a\": 1}");
  EXPECT_EQ(read.info.id, row.id);
  EXPECT_EQ(read.info.key, "12045");
  EXPECT_EQ(read.info.producer, "billing");
  EXPECT_EQ(read.info.schema_version, 2);
  EXPECT_EQ(read.info.occurred_at, row.occurred_at);
  EXPECT_EQ(read.info.correlation_id, row.id.to_string());
  EXPECT_EQ(read.info.headers, (Headers{{"tenant", "a\"b"}}));
  EXPECT_FALSE(event::trace_id_of(read.info.traceparent).empty());
  ASSERT_TRUE(row.id.time());
  EXPECT_LT(row.occurred_at - *row.id.time(), std::chrono::milliseconds(1));
}

TEST_F(PostgresPublish, BySqlWhatCannotBeSentIsRefused) {
  const auto refused = [&](const std::string& arguments) {
    try {
      store.begin().exec("SELECT holdfast.publish(" + arguments + ")");
    } catch (const SqlError& error) { return error.sqlstate(); }
    return std::string("taken");
  };
  EXPECT_EQ(refused("'', 'k', '{}'"), "22023");
  EXPECT_EQ(refused("'t', 'k', NULL"), "22004");
  EXPECT_EQ(refused("'t', 'k', '{'"), "22P02");
  EXPECT_EQ(refused("'t', 'k', '{}', '{\"holdfast-copy\": \"1\"}'"), "22023");
  EXPECT_EQ(refused("'t', 'k', '{}', '{\"a\": 1}'"), "22023");
  EXPECT_EQ(refused("repeat('t', 201), 'k', '{}'"), "22023");
  EXPECT_EQ(refused("'t', repeat('k', 201), '{}'"), "22023");
  EXPECT_EQ(refused("'t', 'k', to_json(repeat('x', 1048576))"), "22023");
  for (const char* odd : {"E'order created'", "E't\\n'", "'#'", "'order.*'", "E't\\x01'"})
    EXPECT_EQ(refused(std::string(odd) + ", 'k', '{}'"), "22023") << odd << ": no subscription could name it";
  EXPECT_EQ(refused("'t', 'k', '{}', NULL, '9b2c9b0e-4b1e-4f59-9d4e-b1a5c6f0a7d3'"), "taken");
  EXPECT_EQ(refused("'t', NULL, '{}'"), "taken");
}

TEST_F(PostgresPublish, TheKeyHashIsTheSameEverywhere) {
  for (const std::string key : {"12045", "", "\xc3\xa4", "k"}) {
    const auto [shard, lock] = store.transact([&](Transaction& tx) {
      return tx.query<int, int>("SELECT holdfast.shard($1), holdfast.key_lock($1)", key).one();
    });
    EXPECT_EQ(shard, event::shard(event::key_hash(key)));
    EXPECT_EQ(static_cast<std::uint32_t>(lock), event::key_hash(key) >> 32);
  }
}

TEST_F(PostgresPublish, TheArticlesViews) {
  store.transact([&](Transaction& tx) { publish(tx, "k", "{\"n\":1}"), publish(tx, "k"); });
  const auto rows = pending();
  const std::vector<ports::RowRef> first{{rows[0].seq, rows[0].event.id}};
  store.impl()->outbox()->mark_published(first);
  EXPECT_EQ(database.sql("SELECT count(*), count(PublishedAtUtc), min(Type), bool_or(Payload LIKE '%\"n\":1%') FROM "
                         "holdfast.outbox_messages"),
            "2|1|order.created.v2|t");
  const auto tx = store.impl()->inbox("c")->begin();
  const std::vector<ports::Claim> claims{{rows[0].event.id, {}, "h"}};
  tx->claim(claims), tx->commit();
  EXPECT_EQ(database.sql("SELECT Consumer FROM holdfast.processed_events WHERE EventId = '" +
                         rows[0].event.id.to_string() + "'"),
            "c");
}

}  // namespace
}  // namespace holdfast::pg_test

// G1, G4: what the relay reads while others write: nothing is passed over, whenever it commits, and a round is one state.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "holdfast/outbox.hpp"
#include "holdfast/postgres.hpp"
#include "ports/store_base.hpp"
#include "postgres_server/databases.hpp"

namespace holdfast::pg_test {
namespace {

using ports::Page;
using ports::Round;

class PostgresRounds : public testing::Test {
 protected:
  EventId publish(TransactionRef tx, const std::string& key) {
    PublishOptions options;
    options.key = key;
    return outbox.publish_encoded(tx, "order.created.v1", "{}", options);
  }
  EventId publish(const std::string& key) {
    return store.transact([&](Transaction& tx) { return publish(tx, key); });
  }
  static std::vector<EventId> ids(const Page& page) {
    std::vector<EventId> out;
    for (const auto& row : page.rows) out.push_back(row.event.id);
    return out;
  }

  Database database;
  Store store = postgres::open({.url = database.url(), .connections = 12, .acquire_timeout = patience});
  std::unique_ptr<ports::OutboxStore> rows = store.impl()->outbox();
  Outbox outbox{"shop"};
};

using Ids = std::vector<EventId>;

// Only the outbox was restored from a backup: its events are published again, under the numbers that they had.
TEST_F(PostgresRounds, AnEventThatWasPublishedUnderItsNumberBeforeIsMarkedAndKeptByItself) {
  publish("a");
  database.sql(
      "INSERT INTO holdfast.outbox_published SELECT seq, id, shard, key, type, unrouted_ok, occurred_at, envelope, "
      "headers, 0,"
      " NULL, now() - interval '2 days' FROM holdfast.outbox");
  const auto published = [this] { return database.sql("SELECT count(*) FROM holdfast.outbox_published"); };
  const auto row = rows->read({}, 1).rows.at(0);
  const ports::RowRef ref{row.seq, row.event.id};
  EXPECT_EQ(rows->mark_published(std::span(&ref, 1)), 1);
  EXPECT_EQ(published(), "2");

  const ports::OperatorAction act{EventId::generate(), "ann", "republish", "all", ""};
  EXPECT_EQ(store.impl()->admin()->republish(std::span(&ref, 1), "", act), 1);
  EXPECT_EQ(rows->read({}, 10).rows.size(), 1u) << "once, though it stands there twice";

  EXPECT_FALSE(rows->retain(std::chrono::hours(24), 10));
  EXPECT_EQ(published(), "1") << "the younger one stays";
}

// An event with a lower number commits while a round is between two pages: it belongs to the next round, and so does what follows
// it by key. A reader that went on by numbers alone would send the follower first, or never see the late one.
TEST_F(PostgresRounds, ACommitBetweenTwoPagesIsTheNextRounds) {
  const EventId first = publish("a"), second = publish("b");
  Transaction late = store.begin();
  late.exec(
      "SELECT holdfast.append(ARRAY[gen_random_uuid()], ARRAY['k'], ARRAY['t'], ARRAY[NULL]::text[], ARRAY[false],"
      " ARRAY[0]::bigint[], ARRAY['x']::bytea[], ARRAY['{}'])");
  const EventId third = publish("c");

  Page page = rows->read({}, 2);
  EXPECT_EQ(ids(page), (Ids{first, second}));
  late.commit();
  const EventId follower = publish("k");
  page = rows->read(page.next, 2);
  EXPECT_EQ(ids(page), Ids{third});
  EXPECT_TRUE(page.last);
  page = rows->read(page.next, 10);
  ASSERT_EQ(page.rows.size(), 2u);
  EXPECT_LT(page.rows[0].seq, page.rows[1].seq);
  EXPECT_EQ(page.rows[0].event.key, "k");
  EXPECT_EQ(page.rows[1].event.id, follower);
  page = rows->read(page.next, 10);
  EXPECT_TRUE(page.rows.empty());
}

TEST_F(PostgresRounds, WhatARestoreBroughtIsHiddenByNoTest) {
  publish("a");
  const Round known = rows->read({}, 10).next;
  // A table from a cluster that was older in transactions, and a snapshot from one.
  store.transact([](Transaction& tx) { tx.exec("UPDATE holdfast.outbox SET xid = '90000000'"); });
  EXPECT_EQ(rows->read({}, 1).rows.size(), 1u);
  Page page = rows->read({}, 10);
  EXPECT_EQ(page.rows.size(), 1u);
  EXPECT_EQ(rows->read({known.not_seen_by, page.next.not_seen_by, 0}, 10).rows.size(), 1u);  // a later page too
  // A snapshot of the future saw nothing, whatever it says; each row comes once.
  publish("b");
  const auto xid = database.sql("SELECT min(xid::text::bigint) FROM holdfast.outbox");
  EXPECT_EQ(rows->read({{xid + ":80000000:" + xid}, {}, 0}, 10).rows.size(), 2u);
}

TEST_F(PostgresRounds, APageIsBoundedInBytes) {
  store.transact([](Transaction& tx) {
    tx.exec(
        "INSERT INTO holdfast.outbox(id, shard, type, occurred_at, envelope)"
        " SELECT gen_random_uuid(), 0, 't', now(), convert_to(repeat('x', 1000000), 'UTF8') FROM generate_series(1, "
        "12)");
  });
  std::size_t all = 0, pages = 0;
  for (Page page;; ++pages) {
    page = rows->read(page.next, 1000);
    EXPECT_LE(page.rows.size(), 5u);
    all += page.rows.size();
    if (page.last) break;
  }
  EXPECT_EQ(all, 12u);
  EXPECT_GE(pages, 2u);
}

/// Reads rounds to their ends until told to stop, marks what it reads, and remembers it.
class Reader {
 public:
  explicit Reader(Store& store) : rows_(store.impl()->outbox()), thread_([this] { work(); }) {}
  std::multiset<EventId> stop() {
    stop_ = true;
    thread_.join();
    return seen_;
  }

 private:
  void work() {
    for (Page page;;) {
      const bool stopping = stop_;  // asked before the read: what is committed by then is in it
      try {
        page = rows_->read(page.next, 200);
        std::vector<ports::RowRef> marks;
        for (const auto& row : page.rows)
          if (known_.insert(row.seq).second) seen_.insert(row.event.id), marks.push_back({row.seq, row.event.id});
        if (!marks.empty()) rows_->mark_published(marks);
      } catch (const Unavailable&) { page = {}; }  // a full round after an error
      if (stopping && page.last && page.rows.empty()) return;
    }
  }

  std::unique_ptr<ports::OutboxStore> rows_;
  std::set<ports::Seq> known_;
  std::multiset<EventId> seen_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

/// Goes on behind the highest number that it saw: what takes its number earlier and commits later is lost on it.
class NaiveReader {
 public:
  explicit NaiveReader(Store store) : store_(std::move(store)), thread_([this] { work(); }) {}
  void await_past(ports::Seq seq) {
    for (ports::Seq now = last_; now <= seq; now = last_) last_.wait(now);
  }
  std::set<EventId> stop() {
    stop_ = true;
    thread_.join();
    return seen_;
  }

 private:
  void work() {
    for (bool stopping = false; !stopping;) {
      stopping = stop_;  // asked before the read: what is committed by then is in it
      for (const auto& [seq, id] : above(last_)) seen_.insert(id), last_ = seq;
      last_.notify_all();
    }
  }
  Rows<ports::Seq, EventId> above(ports::Seq last) {
    return store_.transact([&](Transaction& tx) {
      return tx.query<ports::Seq, EventId>(
          "SELECT seq, id FROM (SELECT seq, id FROM holdfast.outbox UNION ALL SELECT seq, id FROM "
          "holdfast.outbox_published)"
          " AS o WHERE seq > $1 ORDER BY seq",
          last);
    });
  }

  Store store_;
  std::set<EventId> seen_;
  std::atomic<ports::Seq> last_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

struct Written {
  std::mutex mutex;
  std::multiset<EventId> committed, in_doubt, rolled_back;
};

/// Eight writers at once, a transaction an event; together at a rate, or as fast as they can.
void write(Written& all, int each, const std::function<EventId(int writer, int n)>& publish, int per_second = 0) {
  constexpr int many = 8;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> writers;
  for (int w = 0; w < many; ++w)
    writers.emplace_back([&, w] {
      for (int n = 0; n < each; ++n) {
        if (per_second > 0)
          std::this_thread::sleep_until(begin + n * std::chrono::microseconds(many * 1'000'000 / per_second));
        const EventId id = publish(w, n);
        const std::lock_guard lock(all.mutex);
        all.committed.insert(id);
      }
    });
  for (auto& writer : writers) writer.join();
}

// 1,000 a second for five seconds. Some of the first writer's commit only when a reader of "seq > last" is past them: it loses those.
TEST_F(PostgresRounds, G1_EightWritersLoseNothing) {
  constexpr int each = 625;
  Reader reader(store);
  NaiveReader naive(store);
  std::set<EventId> overtaken;
  std::optional<Transaction> late;
  const auto take_a_number = [&] {
    const EventId id = *overtaken.insert(EventId::generate()).first;
    late.emplace(store.begin()).exec("SELECT holdfast.publish('order.created.v1', 'late', '{}', NULL, $1)", id);
    return id;
  };
  const auto commit_late = [&] {
    naive.await_past(late->query<ports::Seq>("SELECT max(seq) FROM holdfast.outbox WHERE key = 'late'").one());
    late->commit();
    late.reset();
  };
  Written all;
  const auto publish_one = [&](int w, int n) {
    if (w == 0 && n % 125 == 0) return take_a_number();
    const EventId id = publish("k" + std::to_string(w * 1000 + n % 50));
    if (w == 0 && late) commit_late();
    return id;
  };
  write(all, each, publish_one, 1000);
  const auto seen = reader.stop();
  EXPECT_EQ(seen.size(), 8u * each);
  EXPECT_EQ(seen, all.committed);
  EXPECT_EQ(store.impl()->admin()->status().published, 8 * each);
  EXPECT_EQ(store.impl()->admin()->status().pending, 0);

  const auto seen_naively = naive.stop();
  EXPECT_LT(seen_naively.size(), all.committed.size());
  for (const auto& id : overtaken) EXPECT_FALSE(seen_naively.contains(id));
}

struct PostgresRoundsOverAKill : PostgresRounds {
  static void kill_the_server() { server().stop(SIGKILL), server().start(); }
  template <class Run>
  static auto with_patience(Run run) {
    for (;;) try {
        return run();
      } catch (const Error&) {}  // a connection of the run before
  }
};

// Numbers of transactions that wrote nothing are given again after it: the cursor of before must not take those for seen.
TEST_F(PostgresRoundsOverAKill, G1_ACursorOfBeforeTheKillHidesNothing) {
  const auto use_up = [&](int numbers) {
    for (int i = 0; i < numbers; ++i) with_patience([&] { store.begin().exec("SELECT pg_current_xact_id()"); });
  };
  use_up(50);
  const Page before = rows->read({}, 200);
  kill_the_server();
  const EventId id = with_patience([&] { return publish("k"); });
  use_up(60);
  const Page page = with_patience([&] { return rows->read(before.next, 200); });
  ASSERT_EQ(page.rows.size(), 1u);
  EXPECT_EQ(page.rows.front().event.id, id);
}

// The same in the middle of a round. Its later page must not show an event of a key whose earlier one it hides.
TEST_F(PostgresRoundsOverAKill, G4_ALaterPageAfterTheKillSkipsNothingOfAKey) {
  publish("a"), publish("b");
  std::optional<Transaction> open(store.begin());
  const auto not_seen = open->query<std::string>("SELECT pg_current_xact_id()::text").one();
  const auto seen = database.sql("SELECT pg_current_xact_id()");
  Page page = rows->read({}, 1);
  ASSERT_FALSE(page.last);
  open.reset();
  kill_the_server();
  const auto publish_k = [&] { return publish("k"); };
  const EventId earlier = with_patience(publish_k), later = with_patience(publish_k);
  const auto given_again = [this](const EventId& id, const std::string& xid) {
    database.sql("UPDATE holdfast.outbox SET xid = '" + xid + "' WHERE id = '" + id.to_string() + "'");
  };
  given_again(earlier, not_seen), given_again(later, seen);  // two of them
  Ids of_k;
  for (int rounds = 0; rounds < 2; rounds += page.last ? 1 : 0) {
    page = with_patience([&] { return rows->read(page.next, 10); });
    for (const auto& row : page.rows)
      if (row.event.key == "k") of_k.push_back(row.event.id);
  }
  EXPECT_EQ(of_k, (Ids{earlier, later}));
}

// The server is killed in the middle: what was said to be committed is there once, what was said to be rolled back is not.
TEST_F(PostgresRounds, G1_AServerThatIsKilledLosesNothing) {
  Reader reader(store);
  Written all;
  std::atomic<int> done = 0;
  const auto note = [&](std::multiset<EventId>& where, const EventId& id) {
    const std::lock_guard lock(all.mutex);
    where.insert(id);
  };
  const auto publish_once = [&](int w, int n) {
    for (;;) {
      const EventId id = EventId::generate();  // of this try
      try {
        store.transact([&](Transaction& tx) {
          PublishOptions options;
          options.key = "k" + std::to_string(w * 1000 + n % 50), options.id = id;
          outbox.publish_encoded(tx, "order.created.v1", "{}", options);
        });
      } catch (const InDoubt&) {
        note(all.in_doubt, id);  // may be there or not
      } catch (const Error&) {
        note(all.rolled_back, id);  // away, or starting: nothing was written, so again
        continue;
      }
      ++done;
      return id;
    }
  };
  std::thread writers([&] { write(all, 150, publish_once); });
  for (const int signal : {SIGKILL, SIGINT}) {
    const int before = done;
    while (done < before + 200) std::this_thread::yield();
    Transaction open = store.begin();  // so that one at least is rolled back
    const EventId written = EventId::generate();
    open.exec("SELECT holdfast.publish('order.created.v1', 'open', '{}', NULL, $1)", written);
    note(all.rolled_back, written);
    server().stop(signal);
    server().start();
  }
  writers.join();
  const auto seen = reader.stop();
  for (const auto& id : all.committed) EXPECT_LE(seen.count(id), 1u);
  const auto admin = store.impl()->admin();
  const auto known = [&](const EventId& id) {
    ports::Selection it;
    it.ids = {id};
    return "pending: " + std::to_string(admin->pending(it).size()) +
           ", published: " + std::to_string(admin->published(it).size());
  };
  for (const auto& id : all.committed)
    EXPECT_TRUE(seen.contains(id) || all.in_doubt.contains(id))
        << id.to_string() << " was committed and not read; " << known(id);
  for (const auto& id : all.rolled_back) {
    EXPECT_FALSE(seen.contains(id)) << id.to_string() << " was rolled back and read";
    EXPECT_EQ(known(id), "pending: 0, published: 0") << id.to_string() << " was rolled back";
  }
  EXPECT_LE(all.in_doubt.size(), 16u);  // those whose commit was under way
}

}  // namespace
}  // namespace holdfast::pg_test

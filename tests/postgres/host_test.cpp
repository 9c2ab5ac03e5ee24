// A host on a real server: eight lanes, instances that meet at one row, handlers with a libpq transaction of their own.
#include <libpq-fe.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "holdfast/postgres.hpp"
#include "integration/host/place.hpp"
#include "integration/host/rivals.hpp"
#include "ports/store_base.hpp"
#include "postgres_server/databases.hpp"
#include "transport/sqlite_bus/bus.hpp"

namespace holdfast::pg_test {
namespace {

using host_test::Ears;
using host_test::Placed;
using host_test::Reserved;
using host_test::Seen;
using Strings = std::vector<std::string>;

struct PostgresHost : testing::Test {
  PostgresHost() {
    ears.listen(host);
    database.sql("CREATE TABLE effects(n bigint GENERATED ALWAYS AS IDENTITY, what text); GRANT ALL ON effects TO app");
  }
  HostOptions options(const std::string& name) {
    HostOptions out{.name = name,
                    .store = postgres::open({.url = database.url(), .connections = 20, .acquire_timeout = patience}),
                    .transport = transport::open_sqlite_bus(folder.file("bus.db"), ports::system_clock(), {})};
    out.log = [](const LogLine&) {};
    out.on_dead_letter = [this](const DeadLetter& letter) { dead.add(letter.reason + ": " + letter.error); };
    return out;
  }
  static Subscription taking(const std::string& consumer) {
    return {.consumer = consumer, .retry = {.delays = {ports::Millis(1), ports::Millis(1), ports::Millis(1)}}};
  }
  EventId publish(const Placed& event, const PublishOptions& with = {}) {
    return host.store().transact([&](Transaction& tx) { return host.outbox().publish(tx, event, with); });
  }
  static void effect(Context& ctx, const std::string& what) {
    ctx.tx().exec("INSERT INTO effects(what) VALUES ($1)", what);
  }
  Strings effects() {
    return host.store().transact([](Transaction& tx) {
      const auto rows = tx.query<std::string>("SELECT what FROM effects ORDER BY n");
      return Strings(rows.begin(), rows.end());
    });
  }
  std::string state(const EventId& id) const {
    return database.sql("SELECT state FROM holdfast.inbox WHERE event_id = '" + id.to_string() + "'");
  }

  Database database;
  host_test::Folder folder;
  Seen seen, dead;
  Ears ears;
  Host host{options("test")};
};

/// The events of each key in the order of their commits, whatever the lanes do and whatever failed in between.
struct G4_PostgresOrder : PostgresHost {
  static constexpr int keys = 16, each = 25;
  void subscribe_ordered() {
    host.subscribe(taking("ordered"), [this](Context& ctx, const Placed& placed) {
      if (placed.text == "7" && placed.orderId % 3 == 0 && ctx.info().attempt == 1)
        throw std::runtime_error("once more");
      effect(ctx, std::to_string(placed.orderId) + " " + placed.text);
    });
  }
  void publish_all() {
    std::vector<std::jthread> producers;
    for (int k = 0; k < keys; ++k)
      producers.emplace_back([this, k] {
        for (int n = 0; n < each; ++n)
          for (;;) try {
              publish({k, std::to_string(n)}, {.id = EventId::of_body(std::to_string(k) + "/" + std::to_string(n))});
              break;
            } catch (const InDoubt&) {  // its id makes it one effect
            } catch (const Unavailable&) {}
      });
  }
  void expect_all_in_order() {
    std::map<std::string, Strings> by_key;
    for (const auto& what : effects())
      by_key[what.substr(0, what.find(' '))].push_back(what.substr(what.find(' ') + 1));
    Strings right;
    for (int n = 0; n < each; ++n) right.push_back(std::to_string(n));
    EXPECT_EQ(by_key.size(), static_cast<std::size_t>(keys));
    for (const auto& [key, numbers] : by_key) EXPECT_EQ(numbers, right) << "of key " << key;
  }
};

TEST_F(G4_PostgresOrder, HoldsThroughLanesAndRetries) {
  subscribe_ordered();
  host.start();
  publish_all();
  ASSERT_TRUE(ears.until([](const Ears::Heard& h) {
    return h.counts.contains("ordered") && h.counts.at("ordered").handled >= keys * each;
  }));
  host.stop();
  expect_all_in_order();
  EXPECT_EQ(dead.all(), Strings());
}

TEST_F(G4_PostgresOrder, HoldsThroughAServerThatIsKilled) {
  subscribe_ordered();
  host.start();
  std::jthread publishing([this] { publish_all(); });
  const auto handled = [this](int so_many) {
    return ears.until([so_many](const Ears::Heard& h) {
      return h.counts.contains("ordered") && h.counts.at("ordered").handled >= so_many;
    });
  };
  for (const int so_many : {20, 120}) {
    ASSERT_TRUE(handled(so_many));
    server().stop(SIGKILL);
    server().start();
  }
  publishing.join();
  const auto all = [this] { return database.sql("SELECT count(*) FROM effects") == std::to_string(keys * each); };
  ASSERT_TRUE(ears.until([&](const Ears::Heard&) { return all(); }));
  host.stop();
  expect_all_in_order();
  EXPECT_EQ(dead.all(), Strings());
  EXPECT_EQ(database.sql("SELECT count(*) FROM holdfast.deferred"), "0");
}

struct G3_PostgresBulk : PostgresHost {};

// The poison first, in the middle, last of a batch: it costs only itself, and the others have their effect once.
TEST_F(G3_PostgresBulk, APoisonCostsOnlyItself) {
  auto subscription = taking("bulk");
  subscription.retry.delays = {};
  subscription.ordering = Ordering::none;
  subscription.concurrency = 1;
  host.subscribe(subscription, [](Context& ctx, std::span<const Received<Placed>> batch) {
    for (const auto& one : batch) {
      effect(ctx, one.event.text);
      if (one.event.orderId % 10 == 0) throw std::runtime_error("poison");
    }
  });
  host.store().migrate();
  host.store().transact([&](Transaction& tx) {
    for (int n = 0; n <= 20; ++n) host.outbox().publish(tx, Placed{n, std::to_string(n)});
  });
  host.start();
  ASSERT_TRUE(ears.until([](const Ears::Heard& h) { return h.settled("bulk") >= 21; }));
  host.stop();
  Strings right;
  for (int n = 0; n <= 20; ++n)
    if (n % 10 != 0) right.push_back(std::to_string(n));
  auto found = effects();
  std::sort(found.begin(), found.end()), std::sort(right.begin(), right.end());
  EXPECT_EQ(found, right);
  EXPECT_EQ(dead.all().size(), 3u);
}

struct G3_PostgresRivals : host_test::RivalsAt<PostgresHost> {};

TEST_F(G3_PostgresRivals, TwoInstancesThatCallOutsideAtOnceForOneEventMakeOneEffect) {
  const EventId id = one_effect_of_two(options("rival"));
  EXPECT_EQ(state(id), "handled");
  EXPECT_EQ(database.sql("SELECT count(*) FROM holdfast.outbox_messages WHERE Type = 'test.reserved.v1'"), "1")
      << "the loser leaves nothing";
}

/// A handler may call somebody else for as long as its deadline allows, and the server keeps its transaction for it.
TEST_F(PostgresHost, AHandlersTransactionMayBeIdleForItsDeadlineAndAMinute) {
  auto slow = taking("slow");
  slow.handler_deadline = std::chrono::seconds(90);
  const auto idle = [](Transaction& tx) {
    return tx.query<std::string>("SHOW idle_in_transaction_session_timeout").one();
  };
  host.subscribe(slow, [&](Context& ctx, const Placed&) { seen.add(idle(ctx.tx())); });
  host.start();
  publish({1, "a"});
  ASSERT_TRUE(ears.handled("slow", 1));
  EXPECT_EQ(seen.all(), Strings{"150s"});
  EXPECT_EQ(host.store().transact(idle), "1min") << "any other one's";
}

/// A connection of the handler's own. Its end rolls back what it left open.
class Own {
 public:
  explicit Own(const std::string& url) : connection_(PQconnectdb(url.c_str())) {}
  ~Own() { PQfinish(connection_); }
  Own(const Own&) = delete;
  void exec(const std::string& sql) {
    PGresult* const result = PQexec(connection_, sql.c_str());
    EXPECT_EQ(PQresultStatus(result), PGRES_COMMAND_OK) << sql << ": " << PQerrorMessage(connection_);
    PQclear(result);
  }
  PGconn* get() { return connection_; }

 private:
  PGconn* connection_;
};

struct PostgresOwn : PostgresHost {
  void write(Own& own, Delivery& delivery, const Placed& placed, const std::string& end) {
    own.exec("BEGIN");
    seen.add("try " + std::to_string(delivery.info().attempt));
    if (delivery.claim(enlist(own.get()))) own.exec("INSERT INTO effects(what) VALUES ('" + placed.text + "')");
    if (!end.empty()) own.exec(end);
  }
  /// Its first `tries` end otherwise than by a commit: the later ones are retries.
  void tries_fail(int tries, const std::string& end) {
    host.subscribe(taking("own"), [this, tries, end](Delivery& delivery, const Placed& placed) {
      Own own(database.url());
      write(own, delivery, placed, delivery.info().attempt <= tries ? end : "COMMIT");
    });
    host.start();
    const auto id = publish({1, "a"}), behind = publish({1, "b"});
    ASSERT_TRUE(ears.handled("own", 2));
    host.stop();
    EXPECT_EQ(effects(), (Strings{"a", "b"})) << "of one key, in their order";
    EXPECT_EQ(state(id), "handled");
    EXPECT_EQ(state(behind), "handled");
    EXPECT_EQ(seen.all()[static_cast<std::size_t>(tries)], "try " + std::to_string(tries + 1));
  }
  /// The handler of the last of so many tries returns with its transaction open, which commits while Holdfast waits for its row.
  void commits_late(int last) {
    std::jthread committer;
    host.subscribe(taking("own"), [&](Delivery& delivery, const Placed& placed) {
      if (delivery.info().attempt < last) throw std::runtime_error("so that a retry is what commits late");
      auto own = std::make_shared<Own>(database.url());
      write(*own, delivery, placed, "");
      committer = std::jthread([this, own] {
        while (database.sql("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0") {}
        own->exec("COMMIT");
      });
    });
    host.start();
    const auto id = publish({1, "a"});
    ASSERT_TRUE(ears.handled("own", 1));
    host.stop();
    EXPECT_EQ(effects(), Strings{"a"});
    EXPECT_EQ(seen.all(), Strings{"try " + std::to_string(last)}) << "a late commit is no failure";
    EXPECT_EQ(state(id), "handled");
  }
};
struct G1_PostgresOwn : PostgresOwn {};
struct G3_PostgresOwn : PostgresOwn {};

TEST_F(G1_PostgresOwn, RolledBackIsRetried) { tries_fail(1, "ROLLBACK"); }
TEST_F(G1_PostgresOwn, ARetryThatIsRolledBackIsRetried) { tries_fail(2, "ROLLBACK"); }
TEST_F(G1_PostgresOwn, LeftOpenIsRetried) { tries_fail(1, ""); }
TEST_F(G1_PostgresOwn, ARetryThatIsLeftOpenIsRetried) { tries_fail(2, ""); }

TEST_F(G1_PostgresOwn, WithoutAClaimIsRetriedAndThenDead) {
  host.subscribe(taking("own"), [](Delivery&, const Placed&) {});
  host.start();
  const auto id = publish({1, "a"});
  ASSERT_TRUE(ears.dead("own", 1));
  host.stop();
  EXPECT_EQ(state(id), "dead");
}

struct G4_PostgresOwn : PostgresOwn {
  void handle(Delivery& delivery, const Placed& placed) {
    Own own(database.url());
    write(own, delivery, placed, "COMMIT");
  }
  /// As another instance leaves it that was given the event before.
  void leave_a_dead_one(const std::string& key) {
    ports::Deferred letter;
    letter.id = EventId::generate(), letter.type = Placed::type, letter.key = key;
    letter.wait = ports::Deferred::Wait::dead, letter.blocks_key = true;
    const auto inbox = host.store().impl()->inbox("own");
    const auto tx = inbox->begin();
    const ports::Claim claim[] = {{letter.id, {}, "hash"}};
    tx->claim(claim), tx->settle(letter.id, {ports::State::dead, 0, letter});
    tx->commit();
  }
  void expect_blocked(const EventId& id, int dead_before) {
    ASSERT_TRUE(ears.until([&](const Ears::Heard& h) { return h.settled("own") >= dead_before + 1; }));
    host.stop();
    EXPECT_EQ(ears.counts("own"), (inbox::Counts{.behind = 1, .dead = dead_before}));
    EXPECT_EQ(state(id), "deferred");
    EXPECT_EQ(database.sql("SELECT state FROM holdfast.deferred WHERE event_id = '" + id.to_string() + "'"), "blocked");
    EXPECT_EQ(effects(), Strings());
  }
};

TEST_F(G4_PostgresOwn, BehindADeadOneOfItsKeyIsBlocked) {
  host.subscribe(taking("own"), [this](Delivery& delivery, const Placed& placed) {
    if (placed.text == "a") throw Reject("never");
    handle(delivery, placed);
  });
  host.start();
  publish({1, "a"});
  expect_blocked(publish({1, "b"}), 1);
}

TEST_F(G4_PostgresOwn, WhoseKeyIsBlockedBeforeItsClaimIsBlockedToo) {
  host.subscribe(taking("own"), [this](Delivery& delivery, const Placed& placed) {
    leave_a_dead_one(delivery.info().key);
    handle(delivery, placed);
  });
  host.start();
  expect_blocked(publish({1, "b"}), 0);
  EXPECT_EQ(seen.all(), Strings{"try 1"}) << "its claim said no";
}

TEST_F(G3_PostgresOwn, CommittedLateIsHandledOnce) { commits_late(1); }
TEST_F(G3_PostgresOwn, ARetryThatIsCommittedLateIsHandledOnce) { commits_late(2); }

}  // namespace
}  // namespace holdfast::pg_test

// The relay's publishers as the relay thread drives them, and the store commands as the outbox I/O thread runs them.
#include "outbox/sender.hpp"

#include "fake_transaction.hpp"
#include "outbox/store_commands.hpp"
#include "relay_talk.hpp"

namespace holdfast::outbox {
namespace {

struct Broker {
  bool away = false, no_rights = false;
  std::size_t takes = 100;  // before its buffer is full
  SessionState state = SessionState::open;
  Blame blame = Blame::nobody;
  Outcome outcome = Outcome::confirmed;
  std::vector<EventId> accepted;
  int opened = 0, woken = 0, aborted = 0;
};

class FakePublisher : public ports::Publisher {
 public:
  explicit FakePublisher(Broker& broker) : broker_(broker) { ++broker.opened; }
  ports::PublisherTraits traits() const override { return {}; }
  bool accept(const ports::Publication& publication) override {
    if (open_.size() >= broker_.takes) return false;
    broker_.accepted.push_back(publication.event->id);
    open_.push_back(publication.token);
    return true;
  }
  SessionState pump(Tick, std::vector<ports::PublishResult>& results) override {
    const SessionState state = aborted_ ? SessionState::closed : broker_.state;
    const Outcome outcome = state == SessionState::closed ? Outcome::unknown : broker_.outcome;
    for (const Token token : std::exchange(open_, {})) results.push_back({token, outcome, ""});
    return state;
  }
  Blame blame() const override { return broker_.blame; }
  std::string why_closed() const override { return "FRAME_ERROR"; }
  void wake() noexcept override { ++broker_.woken; }
  void abort() noexcept override {
    aborted_ = true;
    ++broker_.aborted;
  }

 private:
  Broker& broker_;
  std::vector<Token> open_;
  bool aborted_ = false;
};

class SenderTest : public testing::Test {
 protected:
  SenderTest() {
    step();
    relay.answered(clock.tick, LeaseAnswer{true});
  }
  void step() {
    for (const Action& action : relay.step(clock.tick)) {
      lines.push_back(to_string(action));
      sender.perform(action);
    }
  }
  void page(std::vector<OutboxRow> content) {
    relay.answered(clock.tick, PageRead{{std::move(content), {{"s"}, {}, 0}, true}});
  }
  std::unique_ptr<ports::Publisher> open() {
    if (broker.away) throw Unavailable("connection refused");
    if (broker.no_rights) throw Invalid("broker.url", "no such vhost");
    return std::make_unique<FakePublisher>(broker);
  }

  Broker broker;
  StoppedClock clock;
  RelayOptions options{.owner = "me"};
  Relay relay{options, ports::Random(1)};
  Sender sender{relay, [this] { return open(); }, clock,
                [this](const auto& event, const auto& took, const auto& result) {
                  heard.push_back({event.id, took.begin, took.end, result.outcome});
                }};
  struct Heard {
    EventId id;
    Timestamp begun, ended;
    Outcome outcome;
    bool operator==(const Heard&) const = default;
  };
  std::vector<Heard> heard;
  std::vector<std::string> lines;
};

TEST_F(SenderTest, OpensOffersAndFeedsResultsBack) {
  EXPECT_FALSE(sender.pump(clock.tick)) << "nothing is open";
  step();
  EXPECT_TRUE(relay.status().connected);
  page({row(1, "a"), row(2, "a")});
  step();
  EXPECT_TRUE(sender.pump(clock.tick));
  step();
  EXPECT_THAT(broker.accepted, ElementsAre(id_of(1), id_of(2)));
  EXPECT_THAT(lines, testing::Contains("mark 1"));
}

TEST_F(SenderTest, WhoListensHearsWhatCameOfEachPublishAndWhenItBegan) {
  step();
  page({row(1, "a"), row(2, "b")});
  const auto begun = clock.time;
  step();
  const auto ended = begun + std::chrono::seconds(3);
  clock.time = ended, clock.tick += std::chrono::seconds(3);
  broker.outcome = Outcome::nacked;
  sender.pump(clock.tick);
  EXPECT_THAT(heard, ElementsAre(Heard{id_of(1), begun, ended, Outcome::nacked},
                                 Heard{id_of(2), begun, ended, Outcome::nacked}));
}

TEST_F(SenderTest, WhatASessionLeavesOpenIsHeardOfAsUnknown) {
  step();
  page({row(1, "a")});
  step();
  broker.state = SessionState::closed;
  sender.pump(clock.tick);
  EXPECT_THAT(heard, ElementsAre(Heard{id_of(1), clock.time, clock.time, Outcome::unknown}));
}

TEST_F(SenderTest, ABrokerThatIsAwayIsTriedAgain) {
  broker.away = true;
  step();
  EXPECT_FALSE(relay.status().connected);
  broker.away = false;
  clock.tick += Millis(100);
  step();
  EXPECT_TRUE(relay.status().connected);
}

TEST_F(SenderTest, ASetUpThatCannotWorkIsBlamed) {
  broker.no_rights = true;
  step(), step();
  EXPECT_THAT(lines, testing::Contains(testing::AllOf(testing::HasSubstr("does not let the relay publish"),
                                                      testing::HasSubstr("error=broker.url: no such vhost"))));
}

TEST_F(SenderTest, AfterOneRefusalNothingIsOfferedBeforeTheNextPump) {
  broker.takes = 1;
  step();
  page({row(1, "a"), row(2, "b"), row(3, "c")});
  step(), step();
  EXPECT_THAT(broker.accepted, ElementsAre(id_of(1)));
  EXPECT_EQ(relay.status().in_flight, 1);
  sender.pump(clock.tick), step();
  sender.pump(clock.tick), step();
  EXPECT_EQ(broker.accepted.size(), 3u);
}

TEST_F(SenderTest, ACloseThatBlamesAnEventOpensTheSuspectsSession) {
  step();
  page({row(1, "a"), row(2, "b")});
  step();
  broker.state = SessionState::closed;
  broker.blame = Blame::a_message;
  sender.pump(clock.tick);
  broker.state = SessionState::open;
  step(), step();
  EXPECT_THAT(lines, testing::Contains("open suspects"));
  EXPECT_THAT(broker.accepted, ElementsAre(id_of(1), id_of(2), id_of(1))) << "alone";
  sender.pump(clock.tick), step();
  EXPECT_THAT(broker.accepted, ElementsAre(id_of(1), id_of(2), id_of(1), id_of(2)));
  EXPECT_EQ(relay.status().confirmed, 1);
}

TEST_F(SenderTest, ASessionThatIsClosedForBeingLateLeavesNothingInFlight) {
  step();
  page({row(1, "a")});
  step();
  for (int i = 0; i < 10; ++i) {
    clock.tick += Millis(3'000);
    relay.answered(clock.tick, LeaseAnswer{true});
    step();
  }
  EXPECT_THAT(lines, testing::Contains("close main: no confirm for 30000 ms"));
  EXPECT_EQ(broker.aborted, 1);
  EXPECT_EQ(relay.status().in_flight, 0);
  EXPECT_EQ(relay.status().unknown, 1);
}

TEST_F(SenderTest, WakeAndAbortReachWhatIsOpen) {
  sender.wake(), sender.abort();
  step();
  sender.wake(), sender.abort();
  EXPECT_EQ(broker.woken, 1);
  EXPECT_EQ(broker.aborted, 1);
  sender.pump(clock.tick);
  EXPECT_FALSE(relay.status().connected);
}

class FakeStore : public ports::OutboxStore {
 public:
  ports::Page read(const ports::Round& round, int limit, std::span<const std::string>) override {
    said("read after " + std::to_string(round.after) + " limit " + std::to_string(limit));
    return {{row(1, "a")}, {}, true};
  }
  std::vector<OutboxRow> read_keys(std::span<const KeyFrom> keys, int limit_each) override {
    said("keys " + keys[0].key + " limit " + std::to_string(limit_each));
    return {row(2, "a")};
  }
  int mark_published(std::span<const RowRef> rows) override {
    said("mark " + std::to_string(rows[0].seq));
    return 1;
  }
  void note_failure(std::span<const RowRef> rows, const std::string& error, bool refused) override {
    said((refused ? "refuse " : "note ") + std::to_string(rows[0].seq) + " " + error);
  }
  bool renew(const std::string& owner, ports::Millis ttl) override {
    said("renew " + owner + " " + std::to_string(ttl.count()));
    return true;
  }
  void release(const std::string& owner) override { said("release " + owner); }
  bool retain(ports::Millis, int) override { return false; }

  std::string last;
  bool away = false;

 private:
  void said(std::string what) {
    if (away) throw Unavailable("the database is away");
    last = std::move(what);
  }
};

TEST(StoreCommands, EachIsOneCallAndOneAnswer) {
  FakeStore store;
  EXPECT_EQ(std::get<PageRead>(run(ReadPage{{{}, {}, 7}, 9}, store)).page.rows.size(), 1u);
  EXPECT_EQ(store.last, "read after 7 limit 9");
  EXPECT_EQ(std::get<KeysRead>(run(ReadKeys{{{"a", 1}}, 48}, store)).rows.at(0).seq, 2);
  EXPECT_EQ(store.last, "keys a limit 48");
  EXPECT_EQ(std::get<Marked>(run(MarkPublished{{{3, id_of(3)}}}, store)).moved, 1);
  EXPECT_EQ(store.last, "mark 3");
  EXPECT_TRUE(std::holds_alternative<Noted>(run(NoteFailure{{{4, id_of(4)}}, "why", true}, store)));
  EXPECT_EQ(store.last, "refuse 4 why");
  EXPECT_TRUE(std::get<LeaseAnswer>(run(RenewLease{"me", Millis(5)}, store)).ours);
  EXPECT_EQ(store.last, "renew me 5");
  EXPECT_TRUE(std::holds_alternative<Released>(run(ReleaseLease{"me"}, store)));
  EXPECT_EQ(store.last, "release me");
}

TEST(StoreCommands, AFailureIsAnAnswerThatNamesItsCommand) {
  FakeStore store;
  store.away = true;
  const StoreCommand mark = MarkPublished{{{3, id_of(3)}}};
  const auto failed = std::get<StoreFailed>(run(mark, store));
  EXPECT_EQ(failed.command, mark.index());
  EXPECT_EQ(failed.error, "the database is away");
}

}  // namespace
}  // namespace holdfast::outbox

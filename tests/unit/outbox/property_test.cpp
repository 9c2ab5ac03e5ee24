// Whatever happens in whatever order: an event is published only when all earlier ones of its key are confirmed, a row is marked only
// after its confirm, only an event that nobody can take is refused, and once the faults stop everything else is sent. The world here is
// a table with late commits, one broker, one relay; every 11th event closes the connection that carries it.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <deque>
#include <set>

#include "relay_talk.hpp"

namespace holdfast::outbox {
namespace {

class World {
 public:
  World(bool pipelined, int seed)
      : relay_({.owner = "me", .window = 4, .rows_of_a_key = 3, .refill_below = 2, .windows_buffered = 4},
               ports::Random(static_cast<std::uint64_t>(seed))),
        pipelined_(pipelined) {}

  void turn(int choice) {
    const int what = choice % 20, detail = choice / 20;
    if (what < 4) insert(detail);
    else if (what < 7) commit(detail);
    else if (what < 11) store(detail % 12 == 0, detail % 24 == 0);
    else if (what < 16) broker(detail);
    else if (what == 16) lose(Session::main, Blame::nobody);
    else if (what == 17) now_ += Millis(detail % 3'000);
    else if (what == 18 && detail % 8 == 0) refuse_lease_ = !refuse_lease_;
    else relay_.wake();
    listen();
  }

  void calm_down() {
    refuse_lease_ = false;
    while (!open_.empty()) commit(0);
    for (int i = 0; i < 3'000 && !table_.empty(); ++i) {
      store(false, false);
      confirm_all(Session::main);
      confirm_all(Session::suspects);
      if (i % 100 == 99)
        std::erase_if(table_, [this](Seq seq) { return refused_.contains(seq); });  // an operator discards them
      now_ += Millis(i % 10 == 9 ? 1'500 : 20);
      listen();
    }
    RC_ASSERT(table_.empty());
  }

 private:
  struct Sent {
    Token token;
    Seq seq;
  };
  struct Line {
    bool connected = false;
    std::deque<Sent> sent;
    std::set<std::string> refused_keys;  // of a session that keeps order: nothing of them is accepted any more
  };

  static bool poison(Seq seq) { return seq % 11 == 0; }
  Line& line(Session session) { return lines_[static_cast<std::size_t>(session)]; }
  std::string key_of(Seq seq) const { return keys_.at(seq); }

  // The database. A transaction takes its key's lock, then its seq, and commits later.
  void insert(int detail) {
    const std::string key = detail % 5 == 4 ? "" : std::string(1, static_cast<char>('a' + detail % 5));
    for (const Seq seq : open_) {
      if (!key.empty() && key_of(seq) == key) return;
    }
    keys_[++last_seq_] = key;
    open_.push_back(last_seq_);
  }
  void commit(int detail) {
    if (open_.empty()) return;
    const auto at = open_.begin() + detail % std::ssize(open_);
    table_.insert(*at);
    open_.erase(at);
  }
  bool saw(const ports::Snapshot& snapshot, Seq seq) const {
    return !snapshot.opaque.empty() && snapshots_[static_cast<std::size_t>(std::stoi(snapshot.opaque))].contains(seq);
  }
  ports::Page read(const ports::Round& round, int limit, std::span<const std::string> without) {
    ports::Snapshot as_of = round.as_of;
    if (as_of.opaque.empty()) {
      as_of.opaque = std::to_string(snapshots_.size());
      std::set<Seq> seen;
      for (Seq seq = 1; seq <= last_seq_; ++seq) {
        if (std::find(open_.begin(), open_.end(), seq) == open_.end()) seen.insert(seq);
      }
      snapshots_.push_back(std::move(seen));
    }
    ports::Page page{{}, {round.not_seen_by, as_of, round.after}, true};
    for (const Seq seq : table_) {
      if (seq <= round.after || saw(round.not_seen_by, seq) || !saw(as_of, seq)) continue;
      if (std::ranges::count(without, key_of(seq)) > 0) continue;
      if (std::ssize(page.rows) == limit) {
        page.last = false;
        return page;
      }
      page.rows.push_back(row(seq, key_of(seq), refused_.contains(seq)));
      page.next.after = seq;
    }
    page.next = {as_of, {}, 0};
    return page;
  }
  std::vector<OutboxRow> read_keys(const ReadKeys& ask) const {
    std::map<std::string, std::pair<Seq, int>> wanted;
    for (const KeyFrom& key : ask.keys) wanted[key.key] = {key.after, ask.limit_each};
    std::vector<OutboxRow> rows;
    for (const Seq seq : table_) {
      const auto at = wanted.find(key_of(seq));
      if (key_of(seq).empty() || at == wanted.end() || seq <= at->second.first || at->second.second-- <= 0) continue;
      rows.push_back(row(seq, key_of(seq), refused_.contains(seq)));
    }
    return rows;
  }
  void store(bool fails, bool after_its_effect) {
    if (commands_.empty()) return;
    const StoreCommand command = std::move(commands_.front());
    commands_.pop_front();
    if (fails && !after_its_effect) return relay_.answered(now_, StoreFailed{command.index(), "away"});
    StoreAnswer answer = Noted{};
    if (const auto* page = std::get_if<ReadPage>(&command))
      answer = PageRead{read(page->round, page->limit, page->without)};
    else if (const auto* keys = std::get_if<ReadKeys>(&command)) answer = KeysRead{read_keys(*keys)};
    else if (const auto* marks = std::get_if<MarkPublished>(&command)) answer = mark(*marks);
    else if (const auto* note = std::get_if<NoteFailure>(&command)) note_failure(*note);
    else if (std::holds_alternative<RenewLease>(command)) answer = LeaseAnswer{!refuse_lease_};
    if (fails) answer = StoreFailed{command.index(), "in doubt"};
    relay_.answered(now_, std::move(answer));
  }
  Marked mark(const MarkPublished& marks) {
    for (const RowRef& each : marks.rows) {
      RC_ASSERT(confirmed_.contains(each.seq));
      table_.erase(each.seq);
    }
    return {};
  }
  void note_failure(const NoteFailure& note) {
    for (const RowRef& each : note.rows) {
      if (!note.refused) continue;
      RC_ASSERT(poison(each.seq));
      refused_.insert(each.seq);
    }
  }

  // The broker: one session for each connection, results in any order unless it keeps session order.
  void broker(int detail) {
    const Session session = detail % 3 == 0 && line(Session::suspects).connected ? Session::suspects : Session::main;
    Outcome outcome = Outcome::confirmed;
    if (detail % 7 == 5) outcome = Outcome::nacked;
    if (detail % 7 == 6) outcome = Outcome::returned;
    if (!line(session).sent.empty()) take(session, pipelined_ ? 0 : detail % std::ssize(line(session).sent), outcome);
  }
  void confirm_all(Session session) {
    while (!line(session).sent.empty()) take(session, 0, Outcome::confirmed);
  }
  void take(Session session, std::ptrdiff_t at, Outcome outcome) {
    const Sent sent = line(session).sent[static_cast<std::size_t>(at)];
    if (poison(sent.seq)) return lose(session, Blame::a_message);
    line(session).sent.erase(line(session).sent.begin() + at);
    const std::string key = key_of(sent.seq);
    std::set<std::string>& refused_keys = line(session).refused_keys;
    if (pipelined_ && refused_keys.contains(key)) outcome = Outcome::nacked;
    if (outcome == Outcome::confirmed) arrive(sent.seq), confirmed_.insert(sent.seq);
    else if (!key.empty()) refused_keys.insert(key);
    relay_.pumped(now_, session, {SessionState::open, {{sent.token, outcome, "because"}}});
  }
  /// First arrivals of a key are in its order, duplicates come as they like.
  void arrive(Seq seq) {
    const std::string key = key_of(seq);
    if (key.empty() || !arrived_.insert(seq).second) return;
    RC_ASSERT(seq > std::exchange(newest_[key], seq));
  }
  void lose(Session session, Blame blame) {
    if (!line(session).connected) return;
    const Line lost = std::exchange(line(session), {});
    for (std::size_t i = 0; i < lost.sent.size() / 2 && !poison(lost.sent[i].seq);
         ++i) {  // these arrived, their confirm is lost
      if (!pipelined_ || !lost.refused_keys.contains(key_of(lost.sent[i].seq))) arrive(lost.sent[i].seq);
    }
    relay_.pumped(now_, session, {SessionState::closed, {}, blame, "lost"});
  }

  void listen() {
    for (Action& action : relay_.step(now_)) {
      if (auto* command = std::get_if<StoreCommand>(&action)) {
        for (const StoreCommand& out : commands_) RC_ASSERT(out.index() != command->index());
        commands_.push_back(std::move(*command));
      } else if (const auto* publish = std::get_if<Publish>(&action)) {
        judge(publish->seq);
        line(publish->session).sent.push_back({publish->token, publish->seq});
      } else if (const auto* open = std::get_if<OpenSession>(&action)) {
        line(open->session).connected = true;
        relay_.opened(now_, open->session, {.keeps_session_order = pipelined_, .reports_unroutable = true});
      } else if (const auto* close = std::get_if<CloseSession>(&action)) {
        lose(close->session, Blame::nobody);
      }
    }
    RC_ASSERT(relay_.status().buffered <= 16u);
  }
  void judge(Seq seq) const {
    RC_ASSERT(relay_.status().owner);
    const std::string key = key_of(seq);
    if (key.empty()) return;
    for (const Seq earlier : table_) {
      if (earlier >= seq || key_of(earlier) != key || confirmed_.contains(earlier)) continue;
      const auto& sent = lines_[0].sent;
      const bool before_it_in_this_session =
          std::any_of(sent.begin(), sent.end(), [&](const Sent& s) { return s.seq == earlier; });
      RC_ASSERT(pipelined_ && before_it_in_this_session);
    }
  }

  Relay relay_;
  bool pipelined_;
  Tick now_ = Tick() + std::chrono::hours(1);
  Seq last_seq_ = 0;
  std::map<Seq, std::string> keys_;
  std::vector<Seq> open_;
  std::set<Seq> table_, confirmed_, arrived_, refused_;
  std::vector<std::set<Seq>> snapshots_;
  std::map<std::string, Seq> newest_;
  std::deque<StoreCommand> commands_;
  Line lines_[2];
  bool refuse_lease_ = false;
};

void any_script(bool pipelined) {
  const int seed = *rc::gen::inRange(0, 1000);
  const auto script = *rc::gen::resize(600, rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100'000)));
  World world(pipelined, seed);
  for (const int choice : script) world.turn(choice);
  world.calm_down();
}

TEST(G4_AnyScript, OneUnconfirmedOfAKey) {
  EXPECT_TRUE(rc::check([] { any_script(false); }));
}

TEST(G4_AnyScript, Pipelined) {
  EXPECT_TRUE(rc::check([] { any_script(true); }));
}

}  // namespace
}  // namespace holdfast::outbox

// A conversation with a relay: what it is told, and what it says to do. Time is moved by hand.
#pragma once
#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

#include "outbox/relay.hpp"

namespace holdfast::outbox {

using ports::Blame;
using ports::Outcome;
using ports::SessionState;
using testing::ElementsAre;
using testing::IsEmpty;

inline EventId id_of(Seq seq) {
  EventId::Bytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) bytes[15 - i] = static_cast<std::uint8_t>(seq >> (8 * i));
  return EventId::of_bytes(bytes);
}

/// key "": none.
inline OutboxRow row(Seq seq, const std::string& key, bool refused = false) {
  OutboxRow out{.seq = seq, .attempts = 0, .refused = refused, .event = {}};
  out.event.id = id_of(seq);
  out.event.type = "order.created.v1";
  if (!key.empty()) out.event.key = key;
  out.event.envelope = "{}";
  return out;
}

inline std::vector<OutboxRow> rows(Seq first, Seq last, const std::string& key) {
  std::vector<OutboxRow> out;
  for (Seq seq = first; seq <= last; ++seq) out.push_back(row(seq, key));
  return out;
}

class Talk {
 public:
  explicit Talk(RelayOptions options = {}, bool keeps_session_order = false)
      : options_(with_owner(std::move(options))), relay(options_, ports::Random(1)), pipelined_(keeps_session_order) {}

  /// It gets the lease, opens its session and asks for the first page.
  void begin() {
    says();
    tell(LeaseAnswer{true});
    says();
    open(Session::main);
  }

  /// All that it wants done now.
  std::vector<std::string> says() {
    std::vector<std::string> lines;
    for (Action& action : relay.step(now)) {
      lines.push_back(to_string(action));
      if (const auto* publish = std::get_if<Publish>(&action)) tokens_[publish->seq] = publish->token;
    }
    return lines;
  }
  /// The same, only those that begin so.
  std::vector<std::string> says(const std::string& verb) {
    std::vector<std::string> lines;
    for (std::string& line : says()) {
      if (line.starts_with(verb)) lines.push_back(std::move(line));
    }
    return lines;
  }
  /// Seqs that it publishes now, on whichever session.
  std::vector<Seq> publishes() {
    std::vector<Seq> seqs;
    for (Action& action : relay.step(now)) {
      const auto* publish = std::get_if<Publish>(&action);
      if (!publish) continue;
      tokens_[publish->seq] = publish->token;
      seqs.push_back(publish->seq);
    }
    return seqs;
  }

  void tell(StoreAnswer answer) { relay.answered(now, std::move(answer)); }
  /// The last page of its round; the next round sees what is new since `snapshot`.
  void page(std::vector<OutboxRow> content, const std::string& snapshot = "s1") {
    tell(PageRead{{std::move(content), {{snapshot}, {}, 0}, true}});
  }
  void store_fails(const StoreCommand& command) { tell(StoreFailed{command.index(), "disk I/O error"}); }

  void open(Session session) {
    relay.opened(now, session, {.keeps_session_order = pipelined_, .reports_unroutable = true});
  }
  void result(Seq seq, Outcome outcome, const std::string& error = "") {
    pumped({SessionState::open, {{tokens_.at(seq), outcome, error}}});
  }
  void confirm(Seq seq) { result(seq, Outcome::confirmed); }
  void pumped(const Pumped& pumped, Session session = Session::main) { relay.pumped(now, session, pumped); }
  void closed(Blame blame = Blame::nobody, Session session = Session::main,
              const std::string& why = "connection reset") {
    pumped({SessionState::closed, {}, blame, why}, session);
  }
  /// Lost and open again.
  void reconnect() {
    closed();
    after(Millis(2'000));
    says();
    open(Session::main);
  }
  void after(Millis time) { now += time; }
  Token token(Seq seq) const { return tokens_.at(seq); }

 private:
  static RelayOptions with_owner(RelayOptions options) {
    options.owner = "me";
    return options;
  }
  RelayOptions options_;

 public:
  Relay relay;
  Tick now = Tick() + std::chrono::hours(1);

 private:
  bool pipelined_;
  std::map<Seq, Token> tokens_;
};

}  // namespace holdfast::outbox

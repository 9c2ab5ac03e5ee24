// What the relay says: actions to be done, and the answers of the store. Plain values with == and a printed form, so that a test
// reads as a dialogue.
#pragma once
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ports/outbox_store.hpp"
#include "ports/publisher.hpp"

namespace holdfast::outbox {

using ports::KeyFrom;
using ports::OutboxRow;
using ports::RowRef;
using ports::Seq;
using ports::Tick;
using Token = std::uint64_t;

enum class Session { main, suspects };  // suspects: a connection on which one suspicious event at a time is tried alone

// For whoever has the publishers.
struct OpenSession {
  Session session = Session::main;
  bool operator==(const OpenSession&) const = default;
};
struct CloseSession {
  Session session = Session::main;
  std::string why;
  bool operator==(const CloseSession&) const = default;
};
struct Publish {  // Relay::event(token) is what to publish
  Session session = Session::main;
  Token token = 0;
  Seq seq = 0;
  bool operator==(const Publish&) const = default;
};

// For whoever has the store.
struct ReadPage {
  ports::Round round;
  int limit = 0;
  std::vector<std::string> without = {};  // keys that come by key
  bool operator==(const ReadPage&) const = default;
};
struct ReadKeys {
  std::vector<KeyFrom> keys;
  int limit_each = 0;
  bool operator==(const ReadKeys&) const = default;
};
struct MarkPublished {
  std::vector<RowRef> rows;
  bool operator==(const MarkPublished&) const = default;
};
struct NoteFailure {
  std::vector<RowRef> rows;
  std::string error;
  bool refused = false;
  bool operator==(const NoteFailure&) const = default;
};
struct RenewLease {
  std::string owner;
  ports::Millis ttl{0};
  bool operator==(const RenewLease&) const = default;
};
struct ReleaseLease {
  std::string owner;
  bool operator==(const ReleaseLease&) const = default;
};
using StoreCommand = std::variant<ReadPage, ReadKeys, MarkPublished, NoteFailure, RenewLease, ReleaseLease>;

struct Alert {  // for a person: what happened and what comes next, in the same words each time; to what, and why
  using Fields = std::vector<std::pair<std::string_view, std::string>>;
  std::string_view text;
  Fields fields = {};
  bool operator==(const Alert&) const = default;
};

using Action = std::variant<Publish, OpenSession, CloseSession, StoreCommand, Alert>;

// Answers of the store, one for each command.
struct PageRead {
  ports::Page page;
};
struct KeysRead {
  std::vector<OutboxRow> rows;
};
struct Marked {
  int moved = 0;
};
struct Noted {};
struct LeaseAnswer {
  bool ours = false;
};
struct Released {};
struct StoreFailed {
  std::size_t command = 0;  // StoreCommand::index()
  std::string error;
};
using StoreAnswer = std::variant<PageRead, KeysRead, Marked, Noted, LeaseAnswer, Released, StoreFailed>;

/// What one pump() of a publisher came to. A session that could not be opened is one that closed at once.
struct Pumped {
  ports::SessionState state = ports::SessionState::open;
  std::vector<ports::PublishResult> results = {};
  ports::Blame blame = ports::Blame::nobody;  // of a closed one
  std::string why = {};
  std::vector<std::string> warnings = {};
};

std::ostream& operator<<(std::ostream& out, const Action& action);
std::ostream& operator<<(std::ostream& out, const StoreCommand& command);
std::string to_string(const Action& action);

}  // namespace holdfast::outbox

#include "outbox/actions.hpp"

#include <ostream>
#include <sstream>

namespace holdfast::outbox {
namespace {

const char* name(Session session) { return session == Session::main ? "main" : "suspects"; }

struct Printer {
  std::ostream& out;

  void operator()(const Publish& a) const {
    out << "publish " << a.seq << " on " << name(a.session) << " as " << a.token;
  }
  void operator()(const OpenSession& a) const { out << "open " << name(a.session); }
  void operator()(const CloseSession& a) const { out << "close " << name(a.session) << ": " << a.why; }
  void operator()(const Alert& a) const {
    out << "alert: " << a.text;
    for (const auto& [name, value] : a.fields) out << ", " << name << '=' << value;
  }
  void operator()(const StoreCommand& a) const { out << a; }

  void operator()(const ReadPage& a) const {
    out << "read " << a.limit << " after " << a.round.after;
    if (!a.round.not_seen_by.opaque.empty()) out << ", not seen by " << a.round.not_seen_by.opaque;
    if (!a.round.as_of.opaque.empty()) out << ", as of " << a.round.as_of.opaque;
    for (const auto& key : a.without) out << ", without " << key;
  }
  void operator()(const ReadKeys& a) const {
    out << "read keys";
    for (const KeyFrom& key : a.keys) out << ' ' << key.key << " after " << key.after << ',';
    out << " at most " << a.limit_each << " each";
  }
  void operator()(const MarkPublished& a) const {
    out << "mark";
    seqs(a.rows);
  }
  void operator()(const NoteFailure& a) const {
    out << (a.refused ? "refuse" : "note");
    seqs(a.rows);
    out << ": " << a.error;
  }
  void operator()(const RenewLease& a) const {
    out << "renew lease of " << a.owner << " for " << a.ttl.count() << " ms";
  }
  void operator()(const ReleaseLease& a) const { out << "release lease of " << a.owner; }

  void seqs(const std::vector<RowRef>& rows) const {
    for (const RowRef& row : rows) out << ' ' << row.seq;
  }
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const StoreCommand& command) {
  std::visit(Printer{out}, command);
  return out;
}

std::ostream& operator<<(std::ostream& out, const Action& action) {
  std::visit(Printer{out}, action);
  return out;
}

std::string to_string(const Action& action) {
  std::ostringstream text;
  text << action;
  return text.str();
}

}  // namespace holdfast::outbox

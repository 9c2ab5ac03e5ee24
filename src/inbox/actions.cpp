// Actions in print, so that a test reads as a dialogue.
#include <ostream>

#include "inbox/session.hpp"

namespace holdfast::inbox {
namespace {

struct Printer {
  std::ostream& out;
  void operator()(const RunBatch& run) const {
    out << "run lane " << run.lane << ":";
    for (const Arrival& arrival : run.batch) out << ' ' << arrival;
    out << run.how;
  }
  void operator()(const RunDeferred& run) const {
    out << "run deferred, lane " << run.lane << ": " << run.due.id.to_string() << run.how;
  }
  void operator()(const Ack& ack) const {
    out << "ack";
    for (const auto& position : ack.settled) out << ' ' << position.session << ':' << position.tag;
  }
  void operator()(const Credit& credit) const { out << "credit " << credit.most_unacked; }
  void operator()(const Connect&) const { out << "connect"; }
  void operator()(const Disconnect&) const { out << "disconnect"; }
  void operator()(const LookForDue& look) const {
    out << "look for due " << look.query.limit << (look.query.culprit ? " in a pause" : "");
  }
  void operator()(const Finished&) const { out << "finished"; }
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Action& action) {
  std::visit(Printer{out}, action);
  return out;
}

}  // namespace holdfast::inbox

// pg_current_snapshot(): which transactions a statement sees. On the wire "xmax:xip,xip".
#pragma once
#include <algorithm>
#include <charconv>

#include "simulation/database/server.hpp"

namespace sim {

struct Seen {
  Xid xmax = 0;
  std::vector<Xid> open;

  static Seen of(const holdfast::ports::Snapshot& snapshot) {
    Seen seen;
    const char *at = snapshot.opaque.data(), *end = at + snapshot.opaque.size();
    at = std::from_chars(at, end, seen.xmax).ptr;
    for (Xid xid = 0; at != end; seen.open.push_back(xid)) at = std::from_chars(at + 1, end, xid).ptr;
    return seen;
  }
  holdfast::ports::Snapshot wire() const {
    std::string out = std::to_string(xmax);
    char mark = ':';
    for (Xid xid : open) out += std::exchange(mark, ',') + std::to_string(xid);
    return {out};
  }
  bool contains(Xid xid) const { return xid < xmax && std::find(open.begin(), open.end(), xid) == open.end(); }
};

}  // namespace sim

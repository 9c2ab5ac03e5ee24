#include "inbox/report.hpp"

#include <ostream>

namespace holdfast::inbox {

std::ostream& operator<<(std::ostream& out, const How& how) {
  if (how.guarded) out << " guarded";
  if (how.exclusive) out << " exclusive";
  if (how.alone_in_queue) out << " alone";
  if (how.blame) out << " blame";
  return out;
}

Counts& Counts::operator+=(const Counts& other) {
  handled += other.handled;
  duplicates += other.duplicates;
  behind += other.behind;
  deferred += other.deferred;
  retrying += other.retrying;
  dead += other.dead;
  out_of_turn += other.out_of_turn;
  dropped += other.dropped;
  return *this;
}

std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  const std::pair<const char*, int> all[] = {{"handled", counts.handled},         {"duplicates", counts.duplicates},
                                             {"behind", counts.behind},           {"deferred", counts.deferred},
                                             {"retrying", counts.retrying},       {"dead", counts.dead},
                                             {"out of turn", counts.out_of_turn}, {"dropped", counts.dropped}};
  for (const auto& [name, count] : all)
    if (count != 0) out << count << ' ' << name << ' ';
  return out;
}

}  // namespace holdfast::inbox

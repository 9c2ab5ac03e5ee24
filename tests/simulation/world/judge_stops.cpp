// What may be left behind: by a stop in good order, by weeks in which nothing happened.
#include <algorithm>

#include "simulation/world/judge.hpp"

namespace sim {
namespace {

const StartsEntry::Of* starts_of(const Subject& x, const ConsumerTables& tables, const std::string& instance) {
  const auto it = tables.starts.find(x.id);
  if (it == tables.starts.end() || !it->second.committed) return nullptr;
  const auto& all = it->second.committed->by_instance;
  const auto of = all.find(instance);
  return of == all.end() ? nullptr : &of->second;
}

}  // namespace

/// A confirm is a fact: a relay that has the time to end well marks all that it knows of.
void Judge::stopped(const Database& db, const std::set<ports::RowRef>& confirmed) {
  for (const auto& row : confirmed) {
    const auto it = db.outbox.find(row.seq);
    const bool pending = it != db.outbox.end() && it->second.row.event.id == row.id;
    if (pending && !marked_[&db].contains(row) && !excused_.contains(row))
      breach("G1",
             fmt::format("a relay stopped in good order and left row {}, which was confirmed, unmarked", row.seq));
  }
}

/// What earlier lives left: the store was away, or they were killed when they had just begun or ended a run.
void Judge::begins(const ConsumerTables& tables, const std::string& instance) {
  for (Subject& x : subjects_)
    if (const auto* of = starts_of(x, tables, instance))
      x.loose_starts = std::max(x.loose_starts, of->starts.all - x.died_with - x.died_beside - x.died_in_bad_release);
}

/// Starts that no process died of are taken back: else some day they are a crash loop that never was.
void Judge::stopped(const ConsumerTables& tables, const std::string& instance) {
  for (const Subject& x : subjects_) {
    const auto* of = x.shares_id ? nullptr : starts_of(x, tables, instance);
    const int explained = x.died_with + x.died_beside + x.died_in_bad_release + x.loose_starts;
    if (of && of->starts.all > explained)
      breach("G6", fmt::format("event {}: {} stopped in good order and left {} starts, of which {} ended a process",
                               x.number, instance, of->starts.all, explained));
  }
}

/// The limit of what a process can say: with the store away to its end, these look as if it had died of them.
void Judge::stopped_away(const ConsumerTables& tables, const std::string& instance) {
  for (Subject& x : subjects_)
    if (const auto* of = starts_of(x, tables, instance)) x.left_at_stop += of->last.all;
}

/// The horizon stays behind what waits in the queue, however long that was.
void Judge::ran_ahead(const Subject& x) {
  const bool new_in_time =
      x.reached && x.reached_at - x.made < 300 && !x.odd_time && !x.settled() && !x.slept_through && !x.undone;
  const bool crasher = x.temper == Temper::crashes || x.temper == Temper::hangs;  // is held back for so long
  if (setup_.gaps && new_in_time && !crasher && !setup_.pauses && !setup_.clocks && !x.out_of_turn)
    breach("G3",
           fmt::format("event {} waited in its queue and is called too old, though it was never settled", x.number));
}

}  // namespace sim

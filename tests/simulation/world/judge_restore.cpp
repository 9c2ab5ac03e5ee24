// What a restore of the consumer's database undoes: inbox rows and effects go back together.
#include "simulation/world/judge.hpp"

namespace sim {

Judge::Known Judge::known(const ConsumerTables& tables) const {
  Known out;
  for (const Subject& x : subjects_)
    if (const auto* row = row_of(x, tables)) out.emplace(x.number, row->committed->row.state);
  return out;
}

void Judge::backed_up(const ConsumerTables&) {
  at_backup_.clear();
  for (const Subject& x : subjects_) at_backup_[x.number] = {x.effects, x.discarded, x.pruned};
}

/// What it knew and knows no longer comes again out of turn.
void Judge::consumer_restored(const ConsumerTables& tables, const Known& before) {
  for (Subject& x : subjects_) {
    const Then then = at_backup_[x.number];
    const auto* row = row_of(x, tables);
    const bool known_before = before.contains(x.number) || x.settled();
    x.undone |= known_before;
    x.effects = then.effects, x.discarded = then.discarded, x.pruned = then.pruned;
    if (known_before && !row && !then.pruned) x.out_of_turn = true;
    const auto aside = tables.deferred.find(row && row->committed->row.state == ports::State::dead ? x.renamed : x.id);
    x.copy = row ? row->committed->row.copy : 0;
    x.attempts =
        aside != tables.deferred.end() && aside->second.committed ? aside->second.committed->event.attempts : 0;
    if (const auto starts = tables.starts.find(x.id); starts != tables.starts.end() && starts->second.committed)
      for (const auto& [instance, of] : starts->second.committed->by_instance) x.left_at_stop += of.last.all;
  }
}

}  // namespace sim

#include "simulation/database/inbox.hpp"

#include <algorithm>
#include <iterator>

#include "ports/mutants.hpp"

namespace sim {

using holdfast::mutant;
using ports::Deferred;
using ports::State;

// ---- transaction ----------------------------------------------------------------------------------------------------

void SimInboxTx::write(const EventId& id, Row<InboxEntry>& row, std::optional<InboxEntry> entry) {
  session_.tx().write(row, std::move(entry));
  session_.tx().inbox.push_back({&consumer_, id, &row});
}

std::set<EventId> SimInboxTx::claim(std::span<const ports::Claim> claims) {
  session_.call();
  std::map<EventId, const ports::Claim*> sorted;
  for (const auto& claim : claims) sorted.try_emplace(claim.id, &claim);
  Database& db = session_.database();
  std::set<EventId> fresh;
  for (const auto& [id, claim] : sorted) {
    if (sorted.size() > 1 && db.scheduler.random.chance(.1))
      session_.let_others_run();  // one statement is not one step
    auto& row = consumer_.inbox[id];
    // It waits for an open insert, update or delete of a rival, not for a mere lock.
    while (row.dirty && row.owner != &session_.tx()) session_.wait(row);
    if (row.seen_by(&session_.tx()) || row.dirty) continue;
    if (row.owner && row.owner != &session_.tx()) continue;
    write(id, row, InboxEntry{{State::handled, 0, claim->body_hash}, claim->at, db.now()});
    fresh.insert(id);
  }
  return fresh;
}

void SimInboxTx::unclaim(const EventId& id) {
  session_.call();
  write(id, consumer_.inbox.at(id), std::nullopt);
}

std::map<EventId, ports::InboxRow> SimInboxTx::lock(const std::set<EventId>& ids) {
  session_.call();
  const ServerTx* me = &session_.tx();
  std::vector<std::pair<EventId, Row<InboxEntry>*>> there;  // by the statement's snapshot
  for (const EventId& id : ids)
    if (auto it = consumer_.inbox.find(id); it != consumer_.inbox.end() && it->second.seen_by(me))
      there.emplace_back(id, &it->second);
  std::map<EventId, ports::InboxRow> out;
  for (auto& [id, row] : there) {
    if (!mutant("lock_does_not_wait")) session_.wait(*row);
    const auto& newest = row->seen_by(me);
    if (!newest) continue;
    if (!row->owner) session_.tx().take(*row);
    out.emplace(id, newest->row);
  }
  return out;
}

std::optional<ports::InboxRow> SimInboxTx::try_lock(const EventId& id) {
  session_.call();
  const auto it = consumer_.inbox.find(id);
  if (it == consumer_.inbox.end()) return {};
  auto& row = it->second;
  const auto& seen = row.seen_by(&session_.tx());
  if (!seen) return {};
  if (mutant("try_lock_takes_no_lock")) return seen->row;
  if (row.owner && row.owner != &session_.tx()) return {};
  session_.tx().take(row);
  return seen->row;
}

void SimInboxTx::settle(const EventId& id, const ports::Fate& fate) {
  session_.call();
  ServerTx& me = session_.tx();
  const Time now = session_.database().now();
  auto& row = consumer_.inbox[id];
  session_.wait(row);
  if (const auto old = row.seen_by(&me)) {
    InboxEntry entry{{fate.state, fate.copy, old->row.body_hash}, old->at, now};
    const bool none = mutant("no_inbox_row_for_dead") && fate.state == State::dead;
    write(id, row, none ? std::nullopt : std::optional(std::move(entry)));
  }
  delete_starts(id);
  auto it = consumer_.deferred.find(id);
  if (it == consumer_.deferred.end()) {
    if (!fate.deferred) return;
    it = consumer_.deferred.try_emplace(id).first;
  }
  auto& deferred = it->second;
  const auto* old = deferred.seen_by(&me) ? &*deferred.seen_by(&me) : nullptr;
  if (!old && !fate.deferred) return;
  session_.wait(deferred);
  if (!fate.deferred) return me.write(deferred, std::optional<DeferredEntry>());
  if (fate.deferred->blocks_key) remembered_.insert(fate.deferred->key);
  const auto& current = deferred.seen_by(&me);
  const std::int64_t position = current ? current->position : ++session_.database().position;
  DeferredEntry entry{position, now + fate.deferred->due_in.count(), *fate.deferred};
  if (mutant("deferred_commits_alone")) deferred.committed = std::move(entry);
  else me.write(deferred, std::optional(std::move(entry)));
}

void SimInboxTx::delete_starts(const EventId& id) {
  const auto it = consumer_.starts.find(id);
  if (it == consumer_.starts.end()) return;
  if (!it->second.committed && !it->second.owner) return;
  session_.take(it->second);
  session_.tx().write(it->second, std::optional<StartsEntry>());
}

void SimInboxTx::finish_starts(std::span<const EventId> ids) {
  session_.call();
  for (const EventId& id : std::set<EventId>(ids.begin(), ids.end())) delete_starts(id);
}

std::map<EventId, ports::InboxRow> SimInboxTx::look(const std::set<EventId>& ids) {
  session_.call();
  std::map<EventId, ports::InboxRow> out;
  for (const EventId& id : ids)
    if (auto it = consumer_.inbox.find(id); it != consumer_.inbox.end())
      if (const auto& seen = it->second.seen_by(&session_.tx())) out.emplace(id, seen->row);
  return out;
}

std::set<std::string> SimInboxTx::blocked(const std::set<std::string>& keys) {
  session_.call();
  std::set<std::string> out;
  if (mutant("blocked_from_memory")) {
    std::ranges::set_intersection(keys, remembered_, std::inserter(out, out.end()));
    return out;
  }
  for (const auto& [id, row] : consumer_.deferred)
    if (const auto& seen = row.seen_by(&session_.tx());
        seen && seen->event.blocks_key && keys.contains(seen->event.key))
      out.insert(seen->event.key);
  return out;
}

std::optional<Deferred> SimInboxTx::deferred(const EventId& id) {
  session_.call();
  const auto it = consumer_.deferred.find(id);
  if (it == consumer_.deferred.end()) return {};
  const auto& seen = it->second.seen_by(&session_.tx());
  if (!seen) return {};
  Deferred out = seen->event;
  out.due_in = Millis(seen->due - session_.database().now());
  return out;
}

std::optional<EventId> SimInboxTx::head(const std::string& key) {
  session_.call();
  std::optional<std::pair<std::int64_t, EventId>> head;
  for (const auto& [id, row] : consumer_.deferred)
    if (const auto& seen = row.seen_by(&session_.tx()); seen && seen->event.blocks_key && seen->event.key == key) {
      const ServerTx* owner = consumer_.inbox[id].owner;
      if (mutant("head_by_skip_locked") && owner && owner != &session_.tx()) continue;
      if (!head || seen->position < head->first) head = {seen->position, id};
    }
  if (!head) remembered_.erase(key);
  return head ? std::optional(head->second) : std::nullopt;
}

std::optional<Timestamp> SimInboxTx::pruned_before() {
  session_.call();
  return consumer_.pruned_before.seen_by(&session_.tx());
}

void SimInboxTx::publish(const ports::OutgoingEvent& event) { session_.append({&event, 1}); }

bool SimInboxTx::record(const ports::OperatorAction& action, const EventId& event) {
  session_.call();
  auto& row = session_.database().actions[{action.id, event}];
  session_.take(row);
  if (row.seen_by(&session_.tx())) return false;
  session_.tx().write(row, std::optional(action.what));
  return true;
}

holdfast::Transaction& SimInboxTx::transaction() { return own_.value(); }

void SimInboxTx::commit() { transaction().commit(); }

void SimInboxTx::update_user_row(int row) {
  session_.call();
  session_.take(session_.database().user_rows[row]);
}

void SimInboxTx::effect(const Effect& effect) {
  session_.call();
  session_.tx().effects.push_back(effect);
}

// ---- store ----------------------------------------------------------------------------------------------------------

std::unique_ptr<ports::InboxTx> SimInboxStore::begin() {
  auto session = std::make_unique<Session>(database_);
  Session& alias = *session;
  return std::make_unique<SimInboxTx>(holdfast::Transaction(std::move(session)), alias, consumer_, remembered_);
}

std::unique_ptr<ports::InboxTx> SimInboxStore::join(holdfast::TransactionRef tx) {
  return std::make_unique<SimInboxTx>(std::nullopt, Session::of(tx), consumer_, remembered_);
}

std::vector<ports::Due> SimInboxStore::due(const ports::DueQuery& query) {
  Session(database_).call();
  std::map<std::string_view, std::pair<std::int64_t, EventId>> heads;
  for (const auto& [id, row] : consumer_.deferred) {
    if (!row.committed || !row.committed->event.blocks_key) continue;
    if (mutant("head_by_skip_locked") && (row.owner || consumer_.inbox[id].owner)) continue;
    auto& head = heads.try_emplace(row.committed->event.key, row.committed->position, id).first->second;
    head = std::min(head, {row.committed->position, id});
  }
  const auto rank = [&](const EventId& id, const Deferred& event) {
    if (!query.culprit) return 0;
    if (id == query.culprit->id) return 0;
    return event.type == query.culprit->type && (event.key.empty() || event.key != query.culprit->key) ? 1 : 2;
  };
  std::vector<std::pair<std::pair<int, std::int64_t>, ports::Due>> due;
  for (const auto& [id, row] : consumer_.deferred) {
    if (!row.committed) continue;
    const Deferred& event = row.committed->event;
    if (event.blocks_key && heads[event.key].second != id) continue;
    const bool blocked = event.wait == Deferred::Wait::blocked && !mutant("blocked_head_not_due");
    if (blocked || (event.wait == Deferred::Wait::retry && row.committed->due <= database_.now()))
      due.push_back({{rank(id, event), row.committed->position}, {id, event.key, event.type}});
  }
  std::sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ports::Due> out;
  for (auto& [position, event] : due)
    if (std::ssize(out) < query.limit) out.push_back(std::move(event));
  return out;
}

ports::Starts StartsEntry::seen_by(const std::string& instance) const {
  ports::Starts sum;
  for (const auto& [name, of] : by_instance) {
    const bool may_live = name != instance && !mutant("living_start_counts");
    sum.counted += of.starts.counted - (may_live ? of.last.counted : 0);
    sum.alone += of.starts.alone;
    sum.all += of.starts.all;
  }
  return sum;
}

ports::Starts SimInboxStore::start(const EventId& id, bool alone_in_queue, std::int64_t number) {
  Session session(database_);
  session.call();
  auto& row = consumer_.starts[id];
  session.take(row);
  StartsEntry entry = row.committed.value_or(StartsEntry{});
  const ports::Starts before = entry.seen_by(instance_);
  StartsEntry::Of& mine = entry.by_instance[instance_];
  const bool counts =
      before.all == 0 || consumer_.handled > entry.handled_then || mutant("starts_count_without_evidence");
  mine.last = {counts, alone_in_queue, 1}, mine.number = number;
  mine.starts.counted += counts, mine.starts.alone += alone_in_queue, ++mine.starts.all;
  entry.handled_then = consumer_.handled;
  session.tx().write(row, std::optional(entry));
  session.commit();
  return before;
}

std::map<EventId, ports::Starts> SimInboxStore::starts(const std::set<EventId>& ids) {
  Session(database_).call();
  std::map<EventId, ports::Starts> out;
  for (const EventId& id : ids)
    if (auto it = consumer_.starts.find(id); it != consumer_.starts.end() && it->second.committed)
      out.emplace(id, it->second.committed->seen_by(instance_));
  return out;
}

/// A window before the oldest event that was handled lately.
std::optional<Timestamp> SimInboxStore::prune_before(const ports::PruneRule& rule) {
  Session(database_).call();
  if (!rule.queue_quiet) return {};
  const Time now = database_.now();
  Timestamp horizon = database_.utc();
  Time first = now;
  for (const auto& [id, row] : consumer_.inbox)
    if (row.committed && row.committed->at && row.committed->row.state == State::handled &&
        row.committed->settled > now - database_.recently.count() && !mutant("horizon_ignores_backlog"))
      horizon = std::min(horizon, *row.committed->at), first = std::min(first, row.committed->settled);
  const bool tells = horizon < database_.utc() && first <= now - database_.recently.count() / 2;
  if (!tells && !rule.queue_empty && !mutant("horizon_ignores_backlog")) return {};
  return horizon - rule.window;
}

/// Handled and discarded rows.
bool SimInboxStore::prune(Millis window, Timestamp horizon, int limit) {
  Session session(database_);
  session.call();
  session.take(consumer_.pruned_before);
  int left = limit;
  auto before = consumer_.pruned_before.committed;
  for (auto& [id, row] : consumer_.inbox) {
    if (!row.committed || row.owner) continue;
    const InboxEntry& entry = *row.committed;
    if (entry.row.state != State::handled && entry.row.state != State::discarded) continue;
    const bool old = entry.at && *entry.at < horizon;
    if (entry.settled > database_.now() - window.count() || !old) continue;
    if (left-- == 0) break;
    if (!mutant("prune_forgets_horizon")) before = std::max(before.value_or(*entry.at), *entry.at);
    session.tx().write(row, std::optional<InboxEntry>());
  }
  for (auto& [id, row] : consumer_.deferred)
    if (row.committed && !row.owner && mutant("prune_takes_dead_letters") &&
        row.committed->event.wait == Deferred::Wait::dead)
      session.tx().write(row, std::optional<DeferredEntry>());
  if (before) session.tx().write(consumer_.pruned_before, before);
  session.commit();
  return left < 0;
}

std::string SimInboxStore::free_name(const ports::Instance& me) const {
  std::string name = me.name;
  for (int n = 2; !mutant("instances_share_a_name"); ++n, name = me.name + "#" + std::to_string(n)) {
    const auto row = consumer_.instances.find(name);
    if (row == consumer_.instances.end() || !row->second.committed) break;
    const auto& last = *row->second.committed;
    if (last.ended || last.owner == me.owner || !database_.living.contains(last.owner)) break;
  }
  return name;
}

bool SimInboxStore::open_instance(const ports::Instance& me) {
  Session session(database_);
  session.call();
  session.take(consumer_.registering);
  const std::string name = free_name(me);
  for (auto& [id, row] : consumer_.starts) {
    session.take(row);
    if (!row.committed || !row.committed->by_instance.contains(name)) continue;
    StartsEntry entry = *row.committed;
    entry.by_instance[name].last = {};
    session.tx().write(row, std::optional(std::move(entry)));
  }
  auto& row = consumer_.instances[name];
  const bool clean = !row.committed || row.committed->ended;
  session.tx().write(row, std::optional(ConsumerTables::InstanceEntry{me.owner, false}));
  session.commit();
  owner_ = me.owner, instance_ = name;
  return clean;
}

void SimInboxStore::take_back(Session& session, const std::string& instance, Row<StartsEntry>& row,
                              std::optional<std::int64_t> number) {
  session.take(row);
  if (!row.committed) return;
  StartsEntry entry = *row.committed;
  const auto mine = entry.by_instance.find(instance);
  if (mine == entry.by_instance.end()) return;
  auto& [starts, last, last_number] = mine->second;
  if (number && *number != last_number) return;
  starts.counted -= last.counted, starts.alone -= last.alone, starts.all -= last.all;
  last = {};
  if (starts.all == 0) entry.by_instance.erase(mine);
  const bool none = entry.by_instance.empty();
  session.tx().write(row, none ? std::nullopt : std::optional(std::move(entry)));
}

void SimInboxStore::take_back(std::span<const ports::StartRef> starts) {
  Session session(database_);
  session.call();
  for (const auto& [id, number] : starts)
    if (const auto it = consumer_.starts.find(id); it != consumer_.starts.end())
      take_back(session, instance_, it->second, number);
  session.commit();
}

bool SimInboxStore::lost_its_name() const {
  const auto mine = consumer_.instances.find(instance_);
  return mine != consumer_.instances.end() && mine->second.committed && mine->second.committed->owner != owner_;
}

void SimInboxStore::close_instance() {
  Session session(database_);
  session.call();
  auto& mine = consumer_.instances[instance_];
  session.take(mine);
  if (!mine.committed || mine.committed->owner != owner_) return;  // a restore took it, or another process
  if (!mutant("clean_end_keeps_starts"))
    for (auto& [id, row] : consumer_.starts) take_back(session, instance_, row);
  session.tx().write(mine, std::optional(ConsumerTables::InstanceEntry{owner_, true}));
  session.commit();
}

}  // namespace sim

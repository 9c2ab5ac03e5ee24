#include "inbox/acts.hpp"

#include "holdfast/errors.hpp"
#include "inbox/reading.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

using ports::Deferred;
using ports::Fate;
using ports::InboxRow;
using ports::Millis;
using ports::State;
using Wait = Deferred::Wait;

/// Runs calls again while they are undone through no fault of theirs; the act's own record tells a rerun that it is done.
template <class Calls>
auto persistently(Calls&& calls, int tries = 20) {
  for (;;) {
    std::exception_ptr undone;
    try {
      return calls();
    } catch (const Transient&) { undone = std::current_exception(); } catch (const InDoubt&) {
      undone = std::current_exception();
    }
    if (--tries == 0) std::rethrow_exception(undone);
  }
}

bool is_there(ports::InboxTx& tx, const EventId& id) { return !tx.look({id}).empty(); }

/// Changes a deferred event under its lock; change says what is to become of it, or why nothing.
template <class Edit>
Acted act(ports::InboxStore& store, const EventId& id, const ports::OperatorAction& action, bool without_lock,
          Edit&& change) {
  return persistently([&]() -> Acted {
    const auto tx = store.begin();
    if (!tx->record(action, id)) return Acted::done;  // its first commit was in doubt
    auto row = tx->try_lock(id);
    if (!row && without_lock && is_there(*tx, id)) row = tx->look({id}).at(id);
    if (!row) return is_there(*tx, id) ? Acted::running : Acted::not_there;
    const auto deferred = tx->deferred(id);
    if (!deferred) return row->state == State::retrying ? Acted::at_broker : Acted::not_there;
    Fate fate{row->state, row->copy, *deferred};
    const Acted acted = change(fate);
    if (acted != Acted::done && acted != Acted::out_of_turn) return acted;
    tx->settle(id, fate);
    tx->commit();
    return acted;
  });
}

/// The edited body must still be this event, and something that its handler can read.
void edit(const Handlers* handlers, Deferred& deferred, const std::string& edited) {
  const auto id_before = id_in(deferred.body);
  deferred.body = edited;
  const Event now = read(deferred, 0, "");
  if (now.unreadable) throw Invalid("", "the edited event: " + now.unreadable->error);
  if (id_before && id_before != id_in(edited)) throw Invalid("/eventId", "the edited event is another one");
  deferred.type = now.type;
  if (!handlers) return;
  handlers->check(now.envelope.info.type, now.envelope.payload);
  const std::string key = handlers->key(now.envelope.info.type, now.envelope.payload);
  if (!key.empty() && !deferred.key.empty() && key != deferred.key)
    throw Invalid("/payload",
                  "the edited event has key " + key + " instead of " + deferred.key + ": its order would be lost");
}

}  // namespace

Acted Acts::replay(const EventId& id, const ports::OperatorAction& action, Millis due_in,
                   const std::optional<std::string>& edited) {
  return act(store_, id, action, false, [&](Fate& fate) {
    Deferred& event = *fate.deferred;
    if (event.wait == Wait::blocked) return Acted::not_in_state;
    if (edited) edit(handlers_, event, *edited);
    if (event.wait == Wait::dead) event.attempts = 0;
    event.wait = Wait::retry;
    event.due_in = due_in;
    if (!mutant("replay_leaves_dead")) fate.state = State::deferred;
    return event.blocks_key ? Acted::done : Acted::out_of_turn;
  });
}

Acted Acts::take_back(const EventId& id, const ports::OperatorAction& action) {
  return act(store_, id, action, false, [](Fate& fate) {
    Deferred& event = *fate.deferred;
    const bool replayed = event.wait == Wait::retry && event.attempts == 0;
    if (!replayed || event.due_in <= Millis(0)) return Acted::not_in_state;
    event.wait = Wait::dead;
    event.due_in = Millis(0);
    fate.state = State::dead;
    if (!mutant("take_back_keeps_copy")) ++fate.copy;
    return Acted::done;
  });
}

Acted Acts::discard(const EventId& id, const ports::OperatorAction& action) {
  return act(store_, id, action, mutant("discard_without_lock"), [](Fate& fate) {
    const bool blocked_key = fate.deferred->blocks_key;
    fate = {mutant("discard_keeps_state") ? fate.state : State::discarded, fate.copy, {}};
    return blocked_key ? Acted::done : Acted::out_of_turn;
  });
}

}  // namespace holdfast::inbox

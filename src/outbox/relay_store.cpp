// What the relay asks of the store and what it makes of the answers: at most one command of a kind is out.
#include <algorithm>
#include <utility>

#include "outbox/relay.hpp"
#include "ports/mutants.hpp"

namespace holdfast::outbox {

void Relay::command_store(Tick now) {
  if (store_.waiting(now)) return;
  if (lease_.due(now) && wants_lease()) {
    lease_.ask(now);
    ask(RenewLease{options_.owner, options_.lease_ttl});
  }
  if (auto marks = marks_.ask(now, stopping_)) ask(std::move(*marks));  // a confirm is a fact: no lease
  if (auto notes = notes_.ask(options_.mark_batch)) ask(std::move(*notes));
  if (stopping_) give_back();
  else if (owner_) read(now);
}

void Relay::read(Tick now) {
  if (auto keys = backlog_.ask_keys()) ask(std::move(*keys));
  if (page_ != Page::none) return;
  const int room = backlog_.room_for_page(marks_.size());
  if (room == 0) return;
  const bool round = rounds_.due(now);
  if (backlog_.has_nameless_due() && !(round && looked_last_)) {
    page_ = Page::of_nameless;
    looked_last_ = true;
    ask(*backlog_.ask_nameless());
  } else if (round) {
    page_ = Page::of_round;
    looked_last_ = false;
    if (!rounds_.walking() && !mutant("keys_left_out_of_the_next_round")) backlog_.begin_round();
    ask(ReadPage{rounds_.ask(now), room, backlog_.crowded()});
  }
}

void Relay::give_back() {
  const bool unmarked = marks_.size() > 0 && !mutant("stop_leaves_marks");
  if (releasing_ || released_ || lease_.asking() || flights_.size() > 0 || unmarked || notes_.size() > 0) return;
  close(Session::main, "the relay stops", true);
  close(Session::suspects, "the relay stops", true);
  if (!owner_) {
    released_ = true;
    return;
  }
  releasing_ = true;
  ask(ReleaseLease{options_.owner});
}

void Relay::answered(Tick now, StoreAnswer answer) {
  watch_lease(now);
  if (!std::holds_alternative<StoreFailed>(answer)) store_.succeeded();
  std::visit([&](auto& kind) { take(now, std::move(kind)); }, answer);
}

void Relay::take(Tick now, PageRead read) {
  const bool nameless = std::exchange(page_, Page::none) == Page::of_nameless;
  if (!nameless && !rounds_.answered(now, read.page)) return;
  if (!owner_) return;
  if (nameless) backlog_.take_nameless(std::move(read.page));
  else backlog_.take_page(std::move(read.page.rows));
}

void Relay::take(Tick, KeysRead read) { backlog_.take_keys(std::move(read.rows)); }

void Relay::take(Tick, Marked) {
  const std::vector<RowRef> rows = marks_.done();
  counts_.marked += rows.size();
  backlog_.marked(rows);
}

void Relay::take(Tick now, Noted) {
  for (KeyQueue* key : notes_.done()) backlog_.block_until(*key, now + options_.refused_look);
}

void Relay::take(Tick now, LeaseAnswer answer) {
  lease_.answered(answer.ours);
  watch_lease(now);
}

void Relay::take(Tick, Released) {
  releasing_ = false;
  released_ = true;
  lease_.give_up();
}

void Relay::take(Tick now, const StoreFailed& failed) {
  store_.failed(now, random_);
  HOLDFAST_MARK("relay.store_failed");
  if (failed.command == StoreCommand(ReadPage{}).index() && std::exchange(page_, Page::none) == Page::of_round)
    rounds_.failed();
  if (failed.command == StoreCommand(ReadKeys{}).index()) backlog_.keys_failed();
  if (failed.command == StoreCommand(MarkPublished{}).index()) marks_.failed();
  if (failed.command == StoreCommand(NoteFailure{}).index()) notes_.failed();
  if (failed.command == StoreCommand(RenewLease{}).index()) lease_.failed();
  if (failed.command == StoreCommand(ReleaseLease{}).index()) releasing_ = false;
  backlog_.start_over();
  rounds_.restart(now);  // who knows what was seen
  alert(now, "store",
        {"the outbox cannot be read or written; nothing is lost, it is tried again", {{"error", failed.error}}});
}

Tick Relay::next_command() const {
  Tick next = wants_lease() ? lease_.next() : Tick::max();
  next = std::min(next, marks_.next(stopping_));
  if (notes_.waiting()) next = Tick::min();
  if (owner_ && !stopping_) {
    if (backlog_.can_ask_keys()) next = Tick::min();
    if (page_ == Page::none && backlog_.room_for_page(marks_.size()) > 0) {
      next = std::min(next, backlog_.has_nameless_due() ? Tick::min() : rounds_.next());
    }
  }
  return std::max(next, store_.until());
}

Tick Relay::next_tick() const {
  Tick next = std::min(backlog_.next_unblock(), next_command());
  for (const Session session : {Session::main, Session::suspects}) {
    const SessionLine& ours = line(session);
    if (ours.state == SessionLine::State::open && !ours.standing)
      next = std::min(next, flights_.first_deadline(session));
    const bool wanted = owner_ && !stopping_ && (session == Session::main || backlog_.has_suspects());
    if (ours.state == SessionLine::State::down && wanted) next = std::min(next, ours.backoff.until());
  }
  return owner_ ? std::min(next, lease_.until()) : next;
}

}  // namespace holdfast::outbox

#include "outbox/relay.hpp"

#include <algorithm>
#include <utility>

#include "event/envelope.hpp"
#include "outbox/suspects.hpp"
#include "ports/mutants.hpp"

namespace holdfast::outbox {
namespace {

/// Fields are named as in the lines of a consumer.
Alert of(const OutboxRow& row, std::string_view text, int attempt, const std::string& error, std::string next_try) {
  const ports::OutgoingEvent& event = row.event;
  const auto trace = event.headers.find("traceparent");
  return {text,
          {{"event_id", event.id.to_string()},
           {"type", event.type},
           {"key", event.key.value_or("")},
           {"seq", std::to_string(row.seq)},
           {"attempt", std::to_string(attempt)},
           {"error", error},
           {"trace_id", trace == event.headers.end() ? "" : event::trace_id_of(trace->second)},
           {"next_try", std::move(next_try)}}};
}

}  // namespace

Relay::Relay(RelayOptions options, ports::Random random)
    : options_(std::move(options)),
      random_(random),
      lease_(options_.lease_ttl, options_.lease_renew),
      rounds_(options_.poll, options_.read_every),
      backlog_(options_),
      marks_(options_),
      store_(options_.store_away),
      lines_{SessionLine(options_), SessionLine(options_)} {}

void Relay::wake() { rounds_.wake(); }

void Relay::stop() { stopping_ = true; }

bool Relay::stopped() const { return released_ && flights_.size() == 0; }

const ports::OutgoingEvent& Relay::event(Token token) const { return flights_.find(token)->row.data.event; }

std::vector<Action> Relay::step(Tick now) {
  watch_lease(now);
  backlog_.unblock(now);
  close_late(now);
  open_sessions(now);
  publish(now);
  command_store(now);
  return std::exchange(out_, {});
}

void Relay::watch_lease(Tick now) {
  if (owner_ == lease_.held(now)) return;
  owner_ = !owner_;
  if (!owner_) {
    backlog_.close();
    HOLDFAST_MARK("relay.lease_lost");
    return;
  }
  backlog_.open();
  rounds_.restart(now);
}

void Relay::publish(Tick now) {
  if (!owner_ || stopping_) return;
  while (line(Session::main).usable() && flights_.size() < static_cast<std::size_t>(options_.window)) {
    KeyQueue* key = backlog_.next(Session::main);
    if (!key) break;
    send(now, *key, Session::main);
  }
  while (line(Session::suspects).usable() && flights_.empty(Session::suspects)) {  // one at a time
    KeyQueue* key = backlog_.next(Session::suspects);
    if (!key) break;
    send(now, *key, Session::suspects);
  }
}

void Relay::send(Tick now, KeyQueue& key, Session session) {
  const bool found_refused = key.front().data.refused;
  if (found_refused && !mutant("refused_lets_followers_pass")) {
    backlog_.block_head(key, now + options_.refused_look);
    return;
  }
  Row row = backlog_.send(key, session);
  if (found_refused) return backlog_.pass_refused(key, row);
  if (mutant("mark_before_confirm")) marks_.add(row.data);
  const Seq seq = row.data.seq;
  const Token token = flights_.add({.session = session,
                                    .since = now,
                                    .deadline = now + options_.confirm_timeout,
                                    .key = &key,
                                    .row = std::move(row)});
  out_.emplace_back(Publish{session, token, seq});
}

void Relay::not_accepted(Token token) {
  if (!flights_.find(token)) return;
  Flight flight = flights_.take(token);
  line(flight.session).full = true;
  backlog_.back(*flight.key, std::move(flight.row));
  HOLDFAST_MARK("relay.not_accepted");
}

void Relay::pumped(Tick now, Session session, const Pumped& pumped) {
  watch_lease(now);
  line(session).full = false;
  for (const auto& warning : pumped.warnings)
    alert(now, warning, {"something at the broker is not as it should be; all goes on", {{"error", warning}}});
  const bool closed = pumped.state == ports::SessionState::closed;
  bool all_confirmed = true;
  for (const ports::PublishResult& result : pumped.results) {
    const bool known = flights_.find(result.token) != nullptr;
    if (!known || (closed && result.outcome == ports::Outcome::unknown))
      continue;  // unknown: together with what has no result
    all_confirmed &= result.outcome == ports::Outcome::confirmed;
    settle(now, flights_.take(result.token), result);
  }
  if (closed) return ended(now, session, pumped);
  stand(now, session, pumped.state == ports::SessionState::blocked);
  if (all_confirmed || !pipelined_ || session != Session::main || mutant("pipelined_after_refusal_goes_on")) return;
  close(session, "an event was not confirmed: each key starts again at its lowest pending one", true);
  HOLDFAST_MARK("relay.pipelined_refusal");
}

void Relay::settle(Tick now, Flight flight, const ports::PublishResult& result) {
  switch (result.outcome) {
    case ports::Outcome::confirmed: return confirm(now, std::move(flight));
    case ports::Outcome::nacked: return nacked(now, std::move(flight), result.error);
    case ports::Outcome::returned:
      if (mutant("mark_despite_return")) return confirm(now, std::move(flight));
      return returned(now, std::move(flight), result.error);
    case ports::Outcome::refused: return suspect(std::move(flight), result.error);
    case ports::Outcome::unknown: break;
  }
  ++counts_.unknown;
  if (mutant("unknown_is_confirmed")) return confirm(now, std::move(flight));
  backlog_.back(*flight.key, std::move(flight.row));
}

void Relay::confirm(Tick now, Flight flight) {
  ++counts_.confirmed;
  waits_.push_back(now - flight.since);
  line(flight.session).backoff.succeeded();
  if (!owner_) HOLDFAST_MARK("relay.confirm_without_lease");
  marks_.add(flight.row.data);
  backlog_.confirmed(*flight.key, flight.row);
}

void Relay::nacked(Tick now, Flight flight, const std::string& error) {
  ++counts_.nacked;
  notes_.add(flight.row.data, error, nullptr);
  const Millis wait = jittered(wait_after(++flight.key->failures, options_.nacked), random_);
  backlog_.block(*flight.key, std::move(flight.row), Why::nacked, now + wait);
}

void Relay::returned(Tick now, Flight flight, const std::string& error) {
  ++counts_.returned;
  notes_.add(flight.row.data, error, nullptr);
  const Millis wait = wait_after(++flight.key->failures, options_.returned);
  alert(now, "returned " + flight.row.data.event.type,
        of(flight.row.data,
           "an event reached no queue: it is sent again, and goes on by itself once a queue is bound to its type; if "
           "nobody has to receive this type, give it unrouted_ok",
           flight.key->failures, error, "in " + std::to_string(wait.count()) + " ms"));
  backlog_.block(*flight.key, std::move(flight.row), Why::returned, now + wait);
}

void Relay::suspect(Flight flight, const std::string& error) {
  if (accuse(flight.row, flight.session, options_.times_alone)) return refused(std::move(flight), error);
  backlog_.back(*flight.key, std::move(flight.row));
}

void Relay::refused(Flight flight, const std::string& error) {
  ++counts_.refused;
  HOLDFAST_MARK("relay.refused");
  out_.emplace_back(
      of(flight.row.data,
         "an event is refused: it failed each time, alone too; it is not sent again and its key waits behind it, until "
         "`holdfast outbox retry` or `discard`",
         options_.times_alone, error, "none"));
  const bool pass = mutant("refused_lets_followers_pass");
  notes_.add(flight.row.data, error, flight.key);
  if (pass) return backlog_.pass_refused(*flight.key, flight.row);
  backlog_.block(*flight.key, std::move(flight.row), Why::refused, Tick::max());  // until the table says so
}

void Relay::alert(Tick now, const std::string& about, Alert alert) {
  if (quiet_until_.size() > 1000) quiet_until_.clear();
  const auto [at, is_new] = quiet_until_.try_emplace(about, now + options_.alert_again);
  if (!is_new && now < at->second) return;
  at->second = now + options_.alert_again;
  out_.emplace_back(std::move(alert));
}

RelayStatus Relay::status() const {
  RelayStatus status = counts_;
  status.owner = owner_;
  const SessionLine& main = line(Session::main);
  status.connected = main.state == SessionLine::State::open && !main.standing;
  status.blocked = main.state == SessionLine::State::open && main.standing;
  status.buffered = backlog_.rows();
  status.bytes = backlog_.bytes();
  status.in_flight = flights_.size();
  status.unmarked = marks_.size();
  status.keys = backlog_.keys();
  status.blocked_keys = backlog_.blocked();
  return status;
}

}  // namespace holdfast::outbox

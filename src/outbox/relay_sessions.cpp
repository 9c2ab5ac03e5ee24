// What becomes of a session that ends.
#include <fmt/format.h>

#include <utility>

#include "outbox/relay.hpp"
#include "outbox/suspects.hpp"
#include "ports/mutants.hpp"

namespace holdfast::outbox {

void Relay::open_sessions(Tick now) {
  if (stopping_ || !owner_) return;
  if (line(Session::main).openable(now)) open(Session::main);
  const bool suspects_left = backlog_.has_suspects() || !flights_.empty(Session::suspects);
  if (suspects_left && line(Session::suspects).openable(now)) open(Session::suspects);
  if (!suspects_left) close(Session::suspects, "no suspects are left", true);
}

void Relay::open(Session session) {
  line(session).state = SessionLine::State::opening;
  out_.emplace_back(OpenSession{session});
}

void Relay::close(Session session, std::string why, bool on_purpose) {
  SessionLine& ours = line(session);
  if (ours.state != SessionLine::State::open) return;
  ours.state = SessionLine::State::closing;
  ours.on_purpose = on_purpose;
  out_.emplace_back(CloseSession{session, std::move(why)});
}

void Relay::opened(Tick now, Session session, ports::PublisherTraits traits) {
  watch_lease(now);
  SessionLine& ours = line(session);
  ours.state = SessionLine::State::open;
  ours.full = ours.standing = false;
  if (session == Session::main) backlog_.pipelined(pipelined_ = traits.keeps_session_order);
}

void Relay::close_late(Tick now) {
  for (const Session session : {Session::main, Session::suspects}) {
    if (line(session).standing || flights_.first_deadline(session) > now) continue;
    if (line(session).state != SessionLine::State::open) continue;
    close(session, fmt::format("no confirm for {} ms", options_.confirm_timeout.count()), false);
    HOLDFAST_MARK("relay.late_confirm");
  }
}

void Relay::stand(Tick now, Session session, bool standing) {
  SessionLine& ours = line(session);
  if (standing == ours.standing) return;
  ours.standing = standing;
  if (standing) {
    ours.stands_since = now;
    alert(
        now, "blocked",
        {"the broker takes nothing for now: an alarm of its memory or its disk, or it is away; pending events wait in "
         "the outbox and flow by themselves when it is over"});
  } else flights_.delay(session, std::chrono::duration_cast<Millis>(now - ours.stands_since));
  HOLDFAST_MARK("relay.blocked_session");
}

void Relay::ended(Tick now, Session session, const Pumped& pumped) {
  for (Flight& flight : flights_.take_all(session)) {
    if (pumped.blame == ports::Blame::a_message) suspect(std::move(flight), pumped.why);
    else settle(now, std::move(flight), {.outcome = ports::Outcome::unknown, .error = {}});
  }
  SessionLine& ours = line(session);
  ours.state = SessionLine::State::down;
  ours.full = ours.standing = false;
  if (std::exchange(ours.on_purpose, false)) return;
  if (pumped.blame == ports::Blame::the_setup) {
    ours.backoff.wait(now, options_.setup_wait);
    alert(now, "setup",
          {"the broker does not let the relay publish: all events wait and nothing is lost; look at the rights and the "
           "exchange",
           {{"error", pumped.why}, {"next_try", "in " + std::to_string(options_.setup_wait.count()) + " ms"}}});
    return;
  }
  ours.backoff.failed(now, random_);
  if (ours.backoff.failures() > 1 || stopping_) return;
  alert(now, "lost",
        {"the connection to the broker is lost; pending events wait in the outbox and are sent when it is back",
         {{"error", pumped.why}}});
}

}  // namespace holdfast::outbox

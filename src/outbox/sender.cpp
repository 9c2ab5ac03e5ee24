#include "outbox/sender.hpp"

#include <algorithm>
#include <utility>

#include "holdfast/errors.hpp"

namespace holdfast::outbox {
namespace {

struct Opened {
  std::unique_ptr<ports::Publisher> publisher;
  Pumped failure{ports::SessionState::closed};
};

Opened try_open(const Sender::Open& open) {
  Opened opened;
  try {
    opened.publisher = open();
  } catch (const Invalid& fault) {
    opened.failure.blame = ports::Blame::the_setup;
    opened.failure.why = fault.what();
  } catch (const std::exception& failure) { opened.failure.why = failure.what(); }
  return opened;
}

}  // namespace

Sender::Sender(Relay& relay, Open open, const ports::Clock& clock, Heard heard)
    : relay_(relay), open_(std::move(open)), clock_(clock), heard_(std::move(heard)) {}

Sender::~Sender() = default;

void Sender::perform(const Action& action) {
  if (const auto* ask = std::get_if<Publish>(&action)) publish(*ask);
  else if (const auto* ask_open = std::get_if<OpenSession>(&action)) open(ask_open->session);
  else if (const auto* ask_close = std::get_if<CloseSession>(&action)) close(*ask_close);
}

void Sender::open(Session session) {
  Opened opened = try_open(open_);
  if (!opened.publisher) return relay_.pumped(clock_.steady(), session, opened.failure);
  const ports::PublisherTraits traits = opened.publisher->traits();
  {
    const std::lock_guard lock(mutex_);
    line(session) = {std::move(opened.publisher)};
  }
  relay_.opened(clock_.steady(), session, traits);
}

void Sender::publish(const Publish& publish) {
  Line& ours = line(publish.session);
  const bool accepted =
      ours.publisher && !ours.full && ours.publisher->accept({publish.token, &relay_.event(publish.token)});
  if (accepted) return;
  ours.full = true;
  relay_.not_accepted(publish.token);
}

void Sender::close(const CloseSession& close) {
  ports::Publisher* publisher = line(close.session).publisher.get();
  if (!publisher) return;
  publisher->abort();
  Pumped pumped;
  publisher->pump(clock_.steady(), pumped.results);  // what has its result already is a fact
  pumped.state = ports::SessionState::closed;
  pumped.why = close.why;
  end(close.session);
  hear(pumped.results);
  relay_.pumped(clock_.steady(), close.session, pumped);
}

bool Sender::pump(Tick until) {
  const bool main = line(Session::main).publisher != nullptr;
  const bool suspects = line(Session::suspects).publisher != nullptr;
  constexpr ports::Millis turn{5};  // two sessions share this thread
  if (main && suspects) until = std::min(until, clock_.steady() + turn);
  if (main) pump(Session::main, until);
  if (suspects) pump(Session::suspects, main ? clock_.steady() : until);
  return main || suspects;
}

void Sender::pump(Session session, Tick until) {
  Line& ours = line(session);
  Pumped pumped;
  pumped.state = ours.publisher->pump(until, pumped.results);
  ours.full = false;
  pumped.warnings = ours.publisher->warnings();
  if (pumped.state == ports::SessionState::closed) {
    pumped.blame = ours.publisher->blame();
    pumped.why = ours.publisher->why_closed();
    end(session);
  }
  hear(pumped.results);
  relay_.pumped(clock_.steady(), session, pumped);
}

void Sender::hear(const std::vector<ports::PublishResult>& results) {
  if (!heard_ || results.empty()) return;
  const auto now = clock_.utc();
  const auto steady = clock_.steady();
  for (const auto& result : results)
    if (const auto* flight = relay_.flight(result.token))
      heard_(flight->row.data.event, {now - (steady - flight->since), now}, result);
}

void Sender::end(Session session) {
  std::unique_ptr<ports::Publisher> over;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  over = std::move(line(session).publisher);
  line(session).full = false;
}

void Sender::wake() noexcept {
  const std::lock_guard lock(mutex_);
  for (Line& each : lines_) {
    if (each.publisher) each.publisher->wake();
  }
}

void Sender::abort() noexcept {
  const std::lock_guard lock(mutex_);
  for (Line& each : lines_) {
    if (each.publisher) each.publisher->abort();
  }
}

}  // namespace holdfast::outbox

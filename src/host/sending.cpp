#include "host/sending.hpp"

#include <algorithm>
#include <random>

namespace holdfast::host {

Sending::Sending(const Surroundings& surroundings, outbox::RelayOptions options, Ask ask)
    : here_(surroundings),
      ask_(std::move(ask)),
      relay_(std::move(options), ports::Random(std::random_device{}())),
      sender_(
          relay_, [this] { return here_.transport.publisher(); }, here_.clock, here_.spans.heard()),
      meters_{
          here_.metrics.counter("holdfast_relay_confirmed_total", "events the broker confirmed"),
          here_.metrics.counter("holdfast_relay_nacked_total", "publishes the broker would not take; tried again"),
          here_.metrics.counter("holdfast_relay_returned_total", "publishes that no queue took; tried again"),
          here_.metrics.counter("holdfast_relay_unknown_total", "publishes whose confirm never came; sent again"),
          here_.metrics.counter("holdfast_relay_refused_total", "events that no broker will take; an operator decides"),
          here_.metrics.counter("holdfast_relay_marked_total", "events moved to the published ones"),
          here_.metrics.gauge("holdfast_relay_lease", "1: this relay sends for its outbox"),
          here_.metrics.gauge("holdfast_relay_connected", "1: a session is open"),
          here_.metrics.gauge("holdfast_relay_broker_blocks", "1: the broker says that it takes nothing for now"),
          here_.metrics.gauge("holdfast_relay_in_flight", "published, not yet confirmed"),
          here_.metrics.gauge("holdfast_relay_blocked_keys", "keys whose first event was nacked, returned or refused"),
          here_.metrics.histogram("holdfast_relay_confirm_duration_seconds",
                                  "from a publish to the broker's confirm")} {}

bool Sending::step(ports::Tick until) {
  called_ = false;
  read_mail();
  if (giving_up_) return give_in();
  for (auto& action : relay_.step(here_.clock.steady())) perform(action);
  measure();
  if (relay_.stopped()) return false;
  until = called_ ? here_.clock.steady()
                  : std::min(until, relay_.next_tick());  // a call may have come before the session opened
  if (!sender_.pump(until)) waker_.wait_until(until);
  return true;
}

void Sending::read_mail() {
  if (stopping_ && !told_to_stop_) relay_.stop(), told_to_stop_ = true;
  if (committed_.exchange(false)) relay_.wake();
  for (auto& answer : answers_.take()) relay_.answered(here_.clock.steady(), std::move(answer));
}

void Sending::perform(outbox::Action& action) {
  if (auto* command = std::get_if<outbox::StoreCommand>(&action)) ask_(std::move(*command));
  else if (const auto* alert = std::get_if<outbox::Alert>(&action))
    here_.log.write(Level::warning, alert->text, alert->fields);
  else sender_.perform(action);
}

void Sending::measure() {
  const auto now = relay_.status();
  const auto add = [&](const telemetry::Counter& counter, std::uint64_t outbox::RelayStatus::* what) {
    if (now.*what != before_.*what) counter.add(static_cast<double>(now.*what - before_.*what));
  };
  add(meters_.confirmed, &outbox::RelayStatus::confirmed), add(meters_.nacked, &outbox::RelayStatus::nacked);
  add(meters_.returned, &outbox::RelayStatus::returned), add(meters_.unknown, &outbox::RelayStatus::unknown);
  add(meters_.refused, &outbox::RelayStatus::refused), add(meters_.marked, &outbox::RelayStatus::marked);
  meters_.lease.set(now.owner ? 1 : 0), meters_.connected.set(now.connected ? 1 : 0);
  meters_.broker_blocks.set(now.blocked ? 1 : 0);
  relay_.take_waits(
      [&](ports::Tick::duration wait) { meters_.confirm.observe(std::chrono::duration<double>(wait).count()); });
  meters_.in_flight.set(static_cast<double>(now.in_flight)),
      meters_.blocked_keys.set(static_cast<double>(now.blocked_keys));
  if (connected_.exchange(now.connected) != now.connected) {
    if (now.connected) here_.signal(Connected{""});
    else here_.signal(Disconnected{"", ""});
  }
  if (now.unknown > before_.unknown) failing_ = true;
  if (now.confirmed > before_.confirmed) failing_ = false;
  owner_ = now.owner, blocked_ = now.blocked;
  before_ = now;
}

void Sending::answer(outbox::StoreAnswer answer) {
  answers_.put(std::move(answer));
  wake();
}

void Sending::committed() noexcept {
  if (!committed_.exchange(true)) wake();
}

void Sending::stop() {
  stopping_ = true;
  wake();
}

void Sending::give_up() noexcept {
  giving_up_ = true;
  sender_.abort();
  wake();
}

/// Whatever is open now is known to the outbox: at worst it is sent once more.
bool Sending::give_in() const {
  const auto status = relay_.status();
  here_.log.warning(
      "the relay stops without its broker or its database; what is not marked as published is sent again later",
      {{"in_flight", std::to_string(status.in_flight)}, {"confirmed_not_marked", std::to_string(status.unmarked)}});
  return false;
}

void Sending::wake() noexcept {
  called_ = true;
  waker_.wake();
  sender_.wake();
}

}  // namespace holdfast::host

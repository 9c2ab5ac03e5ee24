#include "ears.hpp"

namespace holdfast::host_test {

int Ears::Heard::settled(const std::string& consumer) const {
  const auto found = counts.find(consumer);
  if (found == counts.end()) return 0;
  const auto& c = found->second;
  return c.handled + c.duplicates + c.behind + c.deferred + c.retrying + c.dead;
}

void Ears::listen(Host& host) {
  host.impl().observe([state = state_](const host::Signal& signal) { state->hear(signal); });
}

bool Ears::until(const std::function<bool(const Heard&)>& enough) {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, std::chrono::minutes(1), [&] { return enough(state_->heard); });
}

bool Ears::handled(const std::string& consumer, int events) {
  return until([&](const Heard& h) { return h.counts.contains(consumer) && h.counts.at(consumer).handled >= events; });
}

bool Ears::dead(const std::string& consumer, int events) {
  return until([&](const Heard& h) { return h.counts.contains(consumer) && h.counts.at(consumer).dead >= events; });
}

bool Ears::marked(std::size_t rows) {
  return until([&](const Heard& h) { return h.marked >= rows; });
}

inbox::Counts Ears::counts(const std::string& consumer) {
  const std::lock_guard lock(state_->mutex);
  return state_->heard.counts[consumer];
}

void Ears::State::hear(const host::Signal& signal) {
  const std::lock_guard lock(mutex);
  if (const auto* marked = std::get_if<host::Marked>(&signal)) heard.marked += marked->rows.size();
  if (const auto* run = std::get_if<host::RunSettled>(&signal)) {
    heard.counts[run->consumer] += run->report.counts;
    ++heard.runs[run->consumer];
    heard.unavailable[run->consumer] += run->report.end == inbox::Report::End::unavailable;
  }
  if (const auto* on = std::get_if<host::Connected>(&signal)) ++heard.connected[on->consumer];
  if (const auto* off = std::get_if<host::Disconnected>(&signal))
    ++heard.disconnected[off->consumer], heard.problem[off->consumer] = off->why;
  changed.notify_all();
}

}  // namespace holdfast::host_test

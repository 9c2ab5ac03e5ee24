#include "ears.hpp"

namespace holdfast::host_test {

int Ears::Heard::settled(const std::string& consumer) const {
  const auto found = counts.find(consumer);
  if (found == counts.end()) return 0;
  const auto& c = found->second;
  return c.handled + c.duplicates + c.behind + c.deferred + c.retrying + c.dead;
}

void Ears::listen(Host& host) {
  host.impl().observe([this](const host::Signal& signal) { hear(signal); });
}

bool Ears::until(const std::function<bool(const Heard&)>& enough) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return enough(heard_); });
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
  const std::lock_guard lock(mutex_);
  return heard_.counts[consumer];
}

void Ears::hear(const host::Signal& signal) {
  const std::lock_guard lock(mutex_);
  if (const auto* marked = std::get_if<host::Marked>(&signal)) heard_.marked += marked->rows.size();
  if (const auto* run = std::get_if<host::RunSettled>(&signal)) {
    heard_.counts[run->consumer] += run->report.counts;
    ++heard_.runs[run->consumer];
    heard_.unavailable[run->consumer] += run->report.end == inbox::Report::End::unavailable;
  }
  if (const auto* on = std::get_if<host::Connected>(&signal)) ++heard_.connected[on->consumer];
  if (const auto* off = std::get_if<host::Disconnected>(&signal))
    ++heard_.disconnected[off->consumer], heard_.problem[off->consumer] = off->why;
  changed_.notify_all();
}

}  // namespace holdfast::host_test

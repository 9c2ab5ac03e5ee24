#include "transport/rabbitmq/confirms.hpp"

#include <algorithm>
#include <functional>

namespace holdfast::transport::rabbitmq {
namespace {

std::size_t hash(std::string_view id, std::string_view route) {
  return std::hash<std::string_view>{}(id) * 31 + std::hash<std::string_view>{}(route);
}

constexpr const char* refused_now =
    "the broker did not take it: a queue is full (max-length with reject-publish) or has no leader";

}  // namespace

void Confirms::published(std::uint64_t token, const std::string& id, const std::string& route) {
  publishes_.push_back({token, hash(id, route)});
  ++open_;
}

/// Returns come in the order of publishing: of several alike it is the first.
void Confirms::returned(std::string_view id, std::string_view route, const std::string& why) {
  const auto what = hash(id, route);
  const auto found =
      std::ranges::find_if(publishes_, [&](const Publish& p) { return p.what == what && !p.settled && !p.came_back; });
  if (found == publishes_.end()) return;
  found->came_back = true;
  found->error = why;
}

void Confirms::acked(std::uint64_t number, bool and_all_before, Results& results) {
  settle(number, and_all_before, ports::Outcome::confirmed, "", results);
}

void Confirms::nacked(std::uint64_t number, bool and_all_before, Results& results) {
  settle(number, and_all_before, ports::Outcome::nacked, refused_now, results);
}

void Confirms::end(const std::string& why, Results& results) {
  for (auto& publish : publishes_) settle(publish, ports::Outcome::unknown, why, results);
  publishes_.clear();
}

void Confirms::settle(std::uint64_t number, bool and_all_before, ports::Outcome outcome, const std::string& why,
                      Results& results) {
  if (number == 0) number = first_ + publishes_.size() - 1;  // AMQP: all
  if (number < first_ || number >= first_ + publishes_.size()) return;
  const auto last = static_cast<std::size_t>(number - first_);
  for (std::size_t i = and_all_before ? 0 : last; i <= last; ++i) settle(publishes_[i], outcome, why, results);
  while (!publishes_.empty() && publishes_.front().settled) publishes_.pop_front(), ++first_;
}

void Confirms::settle(Publish& publish, ports::Outcome outcome, const std::string& why, Results& results) {
  if (publish.settled) return;
  publish.settled = true;
  --open_;
  if (publish.came_back && outcome != ports::Outcome::unknown)
    results.push_back({publish.token, ports::Outcome::returned, std::move(publish.error)});
  else results.push_back({publish.token, outcome, why});
}

}  // namespace holdfast::transport::rabbitmq

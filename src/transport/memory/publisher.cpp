#include "transport/memory/publisher.hpp"

#include <utility>

namespace holdfast::transport::memory {

using ports::Outcome;
using ports::SessionState;

bool Publisher::accept(const ports::Publication& publication) {
  if (closed_) return false;
  accepted_.push_back({publication.token, *publication.event});
  return true;
}

SessionState Publisher::pump(ports::Tick, std::vector<ports::PublishResult>& results) {
  if (world_->connections_lost != connection_) closed_ = true;
  std::set<std::string> held_back;
  for (const auto& accepted : std::exchange(accepted_, {})) {
    if (closed_) results.push_back({accepted.token, Outcome::unknown, why_closed()});
    else results.push_back(send(accepted, held_back));
  }
  return closed_ ? SessionState::closed : SessionState::open;
}

ports::PublishResult Publisher::send(const Accepted& accepted, std::set<std::string>& held_back) {
  const auto& key = accepted.event.key;
  if (key && held_back.contains(*key))
    return {accepted.token, Outcome::returned, "an earlier event of its key was not taken"};
  Outcome outcome = Outcome::confirmed;
  if (!world_->next_outcomes.empty()) {
    outcome = world_->next_outcomes.front();
    world_->next_outcomes.pop_front();
  }
  const auto result = come_to(outcome, accepted);
  if (key && result.outcome != Outcome::confirmed && world_->features.keeps_session_order) held_back.insert(*key);
  return result;
}

ports::PublishResult Publisher::come_to(Outcome outcome, const Accepted& accepted) {
  if (outcome != Outcome::confirmed && outcome != Outcome::unknown)
    return {accepted.token, outcome, "as the test wished"};
  const auto returned = world_->broker.publish(accepted.event);
  if (outcome == Outcome::unknown) {
    closed_ = true;
    return {accepted.token, outcome, why_closed()};
  }
  if (!returned.empty()) return {accepted.token, Outcome::returned, returned};
  world_->sent.push_back(accepted.event);
  return {accepted.token, Outcome::confirmed, ""};
}

}  // namespace holdfast::transport::memory

#include "transport/memory/receiver.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::transport::memory {

void Receiver::pump(ports::Tick, ports::Received& out) {
  if (aborted_ || connection_lost()) end_session();
  out.ended = std::exchange(ended_, {});
  out.connected = !aborted_ && !world_->away;
  out.problem = out.connected ? "" : aborted_ ? "the session was ended by this program" : "the bus in memory is away";
  if (!out.connected) return;
  if (session_ == 0) session_ = world_->broker.begin(), connection_ = world_->connections_lost;
  const int room = std::max(0, credit_ - static_cast<int>(unacked_.size()));
  for (auto& delivery : world_->broker.take(queue_, session_, room)) {
    delivery.session = static_cast<std::uint64_t>(session_);
    unacked_.insert(delivery.tag);
    out.deliveries.push_back(std::move(delivery));
  }
  out.empty = world_->broker.holds_queue(queue_, session_) && world_->broker.empty_but_for(queue_, session_);
}

void Receiver::ack(std::span<const ports::Position> settled) {
  if (session_ == 0 || connection_lost()) return;
  for (const auto& position : settled)
    if (position.session == static_cast<std::uint64_t>(session_) && unacked_.erase(position.tag) > 0)
      world_->broker.settle(queue_, position.tag);
}

void Receiver::end_session() {
  if (session_ == 0) return;
  world_->broker.end(queue_, session_);
  ended_.push_back(static_cast<std::uint64_t>(std::exchange(session_, 0)));
  unacked_.clear();
}

}  // namespace holdfast::transport::memory

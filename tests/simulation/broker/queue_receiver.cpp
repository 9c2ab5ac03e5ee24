#include "simulation/broker/queue_receiver.hpp"

#include <algorithm>

namespace sim {

QueueReceiver::QueueReceiver(QueueBroker& broker, ReceiverSetup setup)
    : broker_(broker), setup_(std::move(setup)), queue_(broker.declare(setup_.queue)) {}

QueueReceiver::~QueueReceiver() { broker_.leave(queue_, session_); }

std::string QueueReceiver::destination_after(Millis delay) const {
  const bool there = std::find(setup_.delays.begin(), setup_.delays.end(), delay) != setup_.delays.end();
  return there && !setup_.wait_prefix.empty() ? setup_.wait_prefix + std::to_string(delay.count()) : "";
}

bool QueueReceiver::connect(ports::Tick until, ports::Received& out) {
  if (!broker_.away()) {
    session_ = broker_.join(queue_), last_tag_ = 0, notices_ = never;
    return true;
  }
  out.problem = "the broker is away";
  broker_.scheduler.wait([this] { return woken_ || !broker_.away(); },
                         std::min(time_of(until), broker_.scheduler.now + 200));
  return false;
}

void QueueReceiver::pump(ports::Tick until, ports::Received& out) {
  out = {};
  out.ended = std::exchange(ended_, {});
  broker_.scheduler.point();
  if (session_ == 0 && !connect(until, out)) return;
  acks_arrive(broker_.scheduler.now - broker_.ack_takes);
  if (broker_.scheduler.random.chance(broker_.faults.lost_session))
    ++broker_.counts.lost_sessions, broker_.leave(queue_, session_, !broker_.faults.unflagged);
  if (!alive() && notices_ == never) notices_ = broker_.scheduler.now + broker_.scheduler.random.below(40);
  const auto over = [this] {
    if (woken_ || aborted_) return true;
    if (!alive()) return broker_.scheduler.now >= notices_;
    return std::ssize(queue_.sessions.at(session_)) < credit_ && broker_.may_take(queue_, session_);
  };
  const Time next_ack = acks_.empty() ? never : acks_.front().first + broker_.ack_takes;
  broker_.scheduler.wait(over, std::min({time_of(until), notices_, next_ack}));
  acks_arrive(broker_.scheduler.now - broker_.ack_takes);
  woken_ = false;
  if (!alive() && notices_ == never) notices_ = broker_.scheduler.now;
  if (aborted_ || (!alive() && broker_.scheduler.now >= notices_)) {
    if (aborted_) broker_.leave(queue_, session_);
    out.problem = aborted_ ? "ended by this program" : "the session was lost";
    out.ended.push_back(std::exchange(session_, 0));
    aborted_ = false;
    return;
  }
  out.connected = true;
  if (alive()) take(out);
}

void QueueReceiver::take(ports::Received& out) {
  auto& unacked = queue_.sessions.at(session_);
  for (int n = broker_.scheduler.random.between(1, 6);
       n > 0 && std::ssize(unacked) < credit_ && broker_.may_take(queue_, session_); --n) {
    auto first = queue_.ready.extract(queue_.ready.begin());
    ports::Delivery delivery = std::move(first.mapped());
    delivery.session = session_, delivery.tag = ++last_tag_;
    unacked.emplace(last_tag_, BrokerQueue::Unacked{first.key(), delivery});
    out.deliveries.push_back(std::move(delivery));
  }
  out.empty = queue_.ready.empty() && queue_.unacked() == unacked.size();
}

void QueueReceiver::ack(std::span<const ports::Position> settled) {
  broker_.scheduler.point();
  if (alive() && broker_.scheduler.random.chance(broker_.faults.lost_ack))
    ++broker_.counts.lost_sessions, broker_.leave(queue_, session_, !broker_.faults.unflagged);
  for (const auto& position : settled) acks_.emplace_back(broker_.scheduler.now, position);
  if (broker_.ack_takes == 0) acks_arrive(broker_.scheduler.now);
}

void QueueReceiver::acks_arrive(Time sent_until) {
  for (; !acks_.empty() && acks_.front().first <= sent_until; acks_.pop_front()) {
    const auto& position = acks_.front().second;
    const auto session = queue_.sessions.find(position.session);
    if (session != queue_.sessions.end()) session->second.erase(position.tag);
    else ++broker_.counts.stale_acks;
  }
}

void QueueReceiver::disconnect() {
  broker_.scheduler.point();
  acks_arrive(broker_.scheduler.now);
  if (session_ != 0) ended_.push_back(session_);
  broker_.leave(queue_, std::exchange(session_, 0));
}

}  // namespace sim

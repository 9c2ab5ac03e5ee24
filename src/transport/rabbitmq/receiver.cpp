#include "transport/rabbitmq/receiver.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "transport/rabbitmq/closed.hpp"
#include "transport/rabbitmq/names.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

constexpr int most_prefetch = 2'000;  // of a quorum queue
constexpr std::size_t most_at_once = 256;  // events may be large, and whoever waits for many can have the first ones

}  // namespace

Receiver::Receiver(std::shared_ptr<const Settings> settings, const ports::Clock& clock, ports::Queue queue,
                   std::string instance, std::string dead_letters, std::shared_ptr<Topology> topology)
    : settings_(std::move(settings)),
      queue_(std::move(queue)),
      instance_(std::move(instance)),
      dead_letters_(std::move(dead_letters)),
      topology_(std::move(topology)),
      bell_(clock),
      pause_(settings_->retry_first),
      random_(std::random_device{}()) {}

Receiver::~Receiver() = default;

std::string Receiver::destination_after(ports::Millis delay) const {
  return std::ranges::count(queue_.delays, delay) > 0 ? wait_queue(queue_.name, delay) : "";
}

void Receiver::pump(ports::Tick until, ports::Received& out) {
  bool called = false;
  do called = step(until, out);
  while (!called && out.deliveries.empty() && ended_.empty() && now() < until);
  out.connected = channel_.has_value();
  out.empty = out.connected && empty_;
  out.problem = problem_;
  out.missing = !out.connected && missing_;
  out.ended = std::exchange(ended_, {});
}

/// true: somebody called.
bool Receiver::step(ports::Tick until, ports::Received& out) {
  std::string why;
  try {
    if (bell_.aborted()) throw Closed("the session was ended by this program");
    if (!channel_ && now() < retry_at_) {
      bell_.wait(-1, 0, std::min(until, retry_at_));
      return bell_.take();
    }
    if (!channel_) open();
    return work(until, out);
  } catch (const Closed& end) {
    why = end.what();
    gone_ = gone_ || end.code() == AMQP_NOT_FOUND;
    missing_ =
        end.code() == AMQP_NOT_FOUND && end.reason().find("no queue") != std::string::npos;  // it may be out of reach
  } catch (const Error& end) { why = end.what(); }
  failed(why);
  return bell_.aborted();
}

void Receiver::open() {
  if (gone_ && topology_) topology_->bring_back(queue_);
  gone_ = missing_ = false;
  ++session_;
  connect();
  problem_.clear();
  pause_ = settings_->retry_first;
  ask_at_ = now();
}

/// A connection may have died while nobody pumped it.
void Receiver::connect() {
  for (bool idle = connection_ != nullptr;; idle = false) {
    try {
      if (!connection_) connection_ = std::make_unique<Connection>(*settings_, bell_, static_cast<Sink&>(*this));
      channel_.emplace(*connection_, amqp_channel_t{1}).open();
      return widen();
    } catch (const Closed& closed) {
      channel_.reset();
      if (!idle || closed.code() != 0 || dynamic_cast<const Silent*>(&closed) != nullptr) throw;
      connection_.reset();
    }
  }
}

bool Receiver::work(ports::Tick until, ports::Received& out) {
  widen();
  write_acks();
  ask();
  const bool called = connection_->serve(may_hand_out() ? ports::Tick{} : std::min(until, ask_at_));
  hand_out(out);
  return called;
}

void Receiver::widen() {
  const int wanted = std::min(credit_, most_prefetch);
  if (wanted <= prefetch_ || (queue_.by_key && prefetch_ > 0)) return;
  const int all = queue_.by_key ? std::max(wanted, settings_->by_key_prefetch) : wanted;
  const std::string tag = instance_ + "/" + std::to_string(session_) + "." + std::to_string(consumers_);
  channel_->consume(queue_.name, tag, all - prefetch_);
  prefetch_ = all;
  ++consumers_;
}

void Receiver::ack(std::span<const ports::Position> settled) {
  for (const auto& position : settled)
    if (channel_ && position.session == session_ && handed_out_.erase(position.tag) > 0) acked_.push_back(position.tag);
}

/// All before the first that is still open, here or in work, by one ack.
void Receiver::write_acks() {
  if (acked_.empty()) return;
  std::ranges::sort(acked_);
  auto open = handed_out_.empty() ? acked_.back() + 1 : *handed_out_.begin();
  if (!held_.empty()) open = std::min(open, held_.front().tag);
  const auto single = std::ranges::lower_bound(acked_, open);
  if (single != acked_.begin()) channel_->ack(*std::prev(single), true);
  for (auto tag = single; tag != acked_.end(); ++tag) channel_->ack(*tag, false);
  acked_.clear();
}

/// Whether the queue holds anything else; the answer comes as a frame.
void Receiver::ask() {
  if (now() < ask_at_) return;
  ask_at_ = now() + settings_->look;
  if (asked_ || !held_.empty()) return;
  channel_->ask(queue_.name);
  asked_ = true;
}

/// What other consumers have in work AMQP does not tell. Of a queue by key they have nothing once this one is active, which it
/// learns by its first delivery: those that stand by are not counted. Of a DLQ each takes its own: two imports at once would wait
/// for each other, and any for a tool that stays.
void Receiver::told(QueueState state) {
  asked_ = false;
  const bool others = is_dlq() ? false : queue_.by_key ? !active_ : state.consumers > consumers_;
  empty_ = consumers_ > 0 && state.ready == 0 && held_.empty() && !others;
}

void Receiver::hand_out(ports::Received& out) {
  for (; may_hand_out() && out.deliveries.size() < most_at_once; held_.pop_front()) {
    handed_out_.insert(held_.front().tag);
    out.deliveries.push_back(std::move(held_.front()));
  }
}

void Receiver::frame(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_METHOD) return method(frame);
  auto whole = incoming_.add(frame);
  if (!whole) return;
  whole->session = session_;
  held_.push_back(*std::move(whole));
  active_ = true, empty_ = false;
}

void Receiver::method(const amqp_frame_t& frame) {
  switch (frame.payload.method.id) {
    case AMQP_BASIC_DELIVER_METHOD: return incoming_.begin(as<amqp_basic_deliver_t>(frame));
    case AMQP_QUEUE_DECLARE_OK_METHOD: {
      const auto& state = as<amqp_queue_declare_ok_t>(frame);
      return told({state.message_count, state.consumer_count});
    }
    case AMQP_BASIC_CANCEL_METHOD:
      gone_ = true;
      throw Closed(
          "the broker cancelled the consumer: queue " + queue_.name +
          " was deleted or moved; it is declared again, and what it held is lost unless the outbox sends it again");
    default: return;
  }
}

void Receiver::disconnect() {
  if (!channel_) return;
  try {
    write_acks();
    channel_->close(settings_->goodbye);
  } catch (const Error&) { connection_.reset(); }  // these are handed out again: duplicates, no more
  end_session();
}

/// Tried again after a while, longer each time, not by all receivers at once.
void Receiver::failed(const std::string& why) {
  end_session();
  connection_.reset();
  problem_ = why;
  retry_at_ = now() + pause_ / 2 + ports::Millis(random_.up_to(pause_.count() / 2));
  pause_ = std::min(pause_ * 2, settings_->retry_most);
}

void Receiver::end_session() noexcept {
  if (!channel_) return;
  ended_.push_back(session_);
  channel_.reset();
  prefetch_ = consumers_ = 0;
  held_.clear(), handed_out_.clear(), acked_.clear();
  active_ = empty_ = asked_ = false;
}

}  // namespace holdfast::transport::rabbitmq

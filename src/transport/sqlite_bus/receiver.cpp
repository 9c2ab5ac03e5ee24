#include "transport/sqlite_bus/receiver.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::transport::sqlite_bus {
namespace {

constexpr int most_at_once = 256;  // events may be large, and whoever waits for many can have the first ones

}  // namespace

Receiver::Receiver(std::shared_ptr<const File> file, std::string queue, std::string instance, std::string dead_letters)
    : file_(std::move(file)),
      name_(std::move(queue)),
      instance_(std::move(instance)),
      dead_letters_(std::move(dead_letters)),
      busy_(file_->clock, file_->settings.busy_timeout) {
  file_->neighbours->add(waker_);
}

Receiver::~Receiver() { file_->neighbours->remove(waker_); }

void Receiver::pump(ports::Tick until, ports::Received& out) {
  for (Woken woken = Woken::by_news; woken != Woken::never; woken = wait(until)) {
    step(out);
    if (!out.deliveries.empty() || !out.ended.empty() || woken == Woken::by_a_call) return;
  }
}

void Receiver::step(ports::Received& out) {
  out.connected = out.empty = false;
  if (waker_.aborted()) {
    failed("the session was ended by this program", true);
  } else if (file_->clock.steady() >= retry_at_) {
    std::string why;
    bool over = false;
    try {
      if (!queue_) open();
      work(out);
      out.connected = true;
    } catch (const InDoubt& lost) {
      why = lost.what(), over = true;  // what was taken on lease may never have come here
    } catch (const Error& away) { why = away.what(); }
    failed(why, over);
  }
  out.problem = problem_;
  out.missing = !out.connected && missing_;
  out.ended = std::exchange(ended_, {});
}

/// A file that is merely busy ends no session: leases stay ours, acks wait here.
void Receiver::failed(const std::string& why, bool session_is_over) {
  problem_ = why;
  if (why.empty()) return;
  retry_at_ = file_->clock.steady() + file_->settings.again;
  if (!session_is_over && connection_ && connection_->usable()) return;
  end_session();
  connection_.reset();
}

void Receiver::open() {
  if (!connection_) {
    connection_ = file_->connect(busy_);
    connection_->sync_commits(false);
  }
  if (!presence_) presence_.emplace(file_, instance_);
  auto queue = WorkQueue::find(*connection_, name_);
  missing_ = !queue;
  if (!queue) throw Unavailable(name_ + ": no such queue in " + file_->path + " yet; it is looked for again");
  Write write(*file_, *connection_);
  presence_->appear(*connection_, queue->id());
  write.commit();
  queue_ = queue;
  ++session_, cursor_ = 0, active_ = !queue->by_key();
}

void Receiver::work(ports::Received& out) {
  const Look before = queue_->look(presence_->id(), cursor_);
  if (!wants_to_write(before)) {
    out.empty = active_ && !before.more && !before.given_back && !before.others;
    return;
  }
  Write write(*file_, *connection_);
  if (looks_at_others()) presence_->give_back_for_the_gone(*connection_);
  if (presence_->must_renew()) presence_->renew(*connection_);
  const Look look = queue_->look(presence_->id(), cursor_);
  if (lost(look)) return end_session();
  queue_->settle(acked_);
  const bool takes_over = !active_ && !look.receiver;
  if (takes_over) queue_->occupy(presence_->id());
  const bool active = active_ || takes_over;
  const int most = active ? room() : 0;
  auto taken = take(look, most);
  write.commit();
  active_ = active;
  acked_.clear();
  const bool all = static_cast<int>(taken.size()) < most || !(look.more || look.given_back);
  out.empty = active_ && all && !look.others;
  hand_out(std::move(taken), out);
}

bool Receiver::wants_to_write(const Look& look) {
  if (!acked_.empty() || lost(look) || can_take(look) || presence_->must_renew()) return true;
  if (!looks_at_others() || file_->clock.steady() < look_at_) return false;
  look_at_ = file_->clock.steady() + file_->settings.poll_idle;
  return presence_->some_are_gone(*connection_);
}

bool Receiver::can_take(const Look& look) const {
  return active_ ? room() > 0 && (look.more || look.given_back) : !look.receiver;
}

bool Receiver::lost(const Look& look) const {
  return !look.present || (queue_->by_key() && active_ && look.receiver != presence_->id());
}

int Receiver::room() const { return std::clamp(credit_ - static_cast<int>(unacked_.size()), 0, most_at_once); }

std::vector<ports::Delivery> Receiver::take(const Look& look, int most) const {
  if (most == 0) return {};
  return queue_->by_key() ? queue_->take_after(cursor_, look, most)
                          : queue_->take_on_lease(presence_->id(), look, most);
}

void Receiver::hand_out(std::vector<ports::Delivery> taken, ports::Received& out) {
  for (auto& delivery : taken) {
    delivery.session = session_;
    cursor_ = static_cast<std::int64_t>(delivery.tag);
    unacked_.insert(delivery.tag);
  }
  std::move(taken.begin(), taken.end(), std::back_inserter(out.deliveries));
}

void Receiver::ack(std::span<const ports::Position> settled) {
  for (const auto& position : settled) {
    const bool ours = queue_ && position.session == session_ && unacked_.erase(position.tag) > 0;
    if (ours) acked_.push_back(static_cast<std::int64_t>(position.tag));
  }
}

void Receiver::disconnect() {
  if (!queue_) return;
  std::string why;
  try {
    Write write(*file_, *connection_);
    queue_->settle(acked_);
    write.commit();
  } catch (const Error& away) {
    why = away.what();  // these are handed out again: duplicates, no more
  }
  if (!connection_->usable()) connection_.reset();
  end_session();
}

void Receiver::end_session() noexcept {
  if (!queue_) return;
  ended_.push_back(session_);
  queue_.reset();
  presence_->vanish();
  unacked_.clear(), acked_.clear();
}

Receiver::Woken Receiver::wait(ports::Tick until) {
  for (pause_ = file_->settings.poll_busy;; pause_ = std::min(pause_ * 2, file_->settings.poll_idle)) {
    const auto now = file_->clock.steady();
    if (now >= until) return Woken::never;
    if (waker_.wait_until(std::min(until, now + pause_))) return Woken::by_a_call;
    if (news()) return Woken::by_news;
  }
}

/// Something was committed by another connection, or the clock asks for a step.
bool Receiver::news() {
  const auto now = file_->clock.steady();
  if (!problem_.empty()) return now >= retry_at_;
  const bool due = presence_->must_renew() || (looks_at_others() && now >= look_at_);
  const auto before = std::exchange(version_, data_version());
  return version_ != before || due;
}

/// -1: the file says nothing now; the next step will say why.
std::int64_t Receiver::data_version() {
  try {
    return query<std::int64_t>(*connection_, "PRAGMA data_version").one();
  } catch (const Error&) { return -1; }
}

}  // namespace holdfast::transport::sqlite_bus

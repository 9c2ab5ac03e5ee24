#include "host/consumption.hpp"

#include <algorithm>
#include <exception>

#include "ports/owner.hpp"

namespace holdfast::host {
namespace {

constexpr ports::Millis open_again{1000};  // the store or the bus is away at start

}  // namespace

Consumption::Consumption(Subscriber& subscriber, std::string instance, Hands hands)
    : subscriber_(subscriber), instance_(std::move(instance)), hands_(std::move(hands)) {}

/// The instance's row says how its last run ended; the queue is declared; the receiver connects as it is pumped.
bool Consumption::open() {
  const auto& here = subscriber_.here();
  const auto now = here.clock.steady();
  if (now < retry_at_) return false;
  std::string why;
  try {
    subscriber_.declare();
    const bool by_key = subscriber_.subscription().ordering == Ordering::by_key;
    if (!clean_end_)  // asked again it would tell of this process
      clean_end_ = subscriber_.store().open_instance({.name = instance_,
                                                      .owner = ports::this_process(),
                                                      .queue = subscriber_.queue().name,
                                                      .patterns = subscriber_.queue().patterns,
                                                      .ordering = by_key ? "by_key" : "none",
                                                      .delays = subscriber_.queue().delays});
    auto receiver = here.transport.receiver(subscriber_.queue(), ports::this_process() + "/" + subscriber_.name());
    subscriber_.connect(*receiver);
    const std::lock_guard lock(receiver_mutex_);
    receiver_ = std::move(receiver);
    session_ = std::make_unique<inbox::Session>(subscriber_.session_options(), *clean_end_);
  } catch (const std::exception& failure) { why = failure.what(); }
  if (!session_) {
    note(false, why);
    retry_at_ = now + open_again;
    return false;
  }
  carry_out(session_->start(here.clock.steady()));
  return true;
}

bool Consumption::step(ports::Tick until) {
  const auto& clock = subscriber_.here().clock;
  if (!session_ && !stopping_ && !open()) {
    waker_.wait_until(std::min(until, retry_at_));
    return !stopping_;
  }
  if (!session_) return false;
  read_mail();
  if (const auto next = session_->next()) {
    if (*next <= clock.steady()) carry_out(session_->tick(clock.steady()));
    if (const auto again = session_->next()) until = std::min(until, *again);
  }
  if (finished_) return false;
  if (receiving_) pump(until);
  else waker_.wait_until(until);
  read_mail();
  prunable_ = session_->prunable(clock.steady()), queue_empty_ = session_->queue_empty();
  paused_ = session_->paused();
  return !finished_;
}

void Consumption::pump(ports::Tick until) {
  ports::Received got;
  receiver_->pump(until, got);
  note(got.connected, got.problem);
  inbox::Arrived arrived{got.connected, got.empty, std::move(got.ended), {}};
  for (auto& delivery : got.deliveries) arrived.arrivals.push_back(subscriber_.consumer().arrive(std::move(delivery)));
  carry_out(session_->received(subscriber_.here().clock.steady(), std::move(arrived)));
}

void Consumption::read_mail() {
  for (auto& letter : mail_.take()) {
    const auto now = subscriber_.here().clock.steady();
    if (auto* s = std::get_if<Settled>(&letter)) carry_out(session_->settled(now, s->lane, s->report));
    else if (auto* events = std::get_if<std::vector<ports::Due>>(&letter))
      carry_out(session_->due(now, std::move(*events)));
    else if (std::holds_alternative<StoreDown>(letter)) carry_out(session_->store_down(now));
    else carry_out(session_->stop(now));
  }
}

void Consumption::carry_out(inbox::Actions actions) {
  for (auto& action : actions) std::visit([this](auto& a) { act(a); }, action);
}

void Consumption::act(inbox::Connect&) { receiving_ = true; }

void Consumption::act(inbox::Disconnect&) {
  receiver_->disconnect();
  receiving_ = false;
  note(false, "closed by this program: the store is away, or it stops");
}

void Consumption::act(inbox::Finished&) {
  finished_ = true;
  receiver_->disconnect();
  connected_ = false;
  std::string why;
  try {
    subscriber_.store().close_instance();
  } catch (const std::exception& away) { why = away.what(); }
  if (!why.empty())
    subscriber_.here().log.warning("the clean end could not be written: the next start is careful",
                                   {{"consumer", subscriber_.name()}, {"error", why}});
}

void Consumption::note(bool connected, const std::string& problem) {
  if (connected_.exchange(connected) == connected && !(problem.empty() == false && problem != this->problem())) return;
  {
    const std::lock_guard lock(problem_mutex_);
    problem_ = connected ? "" : problem;
  }
  const auto& here = subscriber_.here();
  if (connected) here.log.info("receiving", {{"consumer", subscriber_.name()}, {"queue", subscriber_.queue().name}});
  else here.log.warning("not receiving; it goes on by itself", {{"consumer", subscriber_.name()}, {"error", problem}});
  if (connected) here.signal(Connected{subscriber_.name()});
  else here.signal(Disconnected{subscriber_.name(), problem});
}

std::string Consumption::problem() const {
  const std::lock_guard lock(problem_mutex_);
  return problem_;
}

void Consumption::settled(int lane, inbox::Report report) {
  mail_.put(Settled{lane, std::move(report)});
  wake();
}

void Consumption::due(std::vector<ports::Due> events) {
  mail_.put(std::move(events));
  wake();
}

void Consumption::store_down() {
  mail_.put(StoreDown{});
  wake();
}

void Consumption::stop() {
  stopping_ = true;
  mail_.put(Stop{});
  wake();
}

void Consumption::wake() noexcept {
  waker_.wake();
  const std::lock_guard lock(receiver_mutex_);
  if (receiver_) receiver_->wake();
}

}  // namespace holdfast::host

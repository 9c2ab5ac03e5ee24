#include "host/upkeep.hpp"

#include <algorithm>

#include "holdfast/errors.hpp"
#include "ports/owner.hpp"

namespace holdfast::host {
namespace {

constexpr int rows_at_a_time = 1000, most_rounds = 50;  // a long backlog of deletes is spread over many chores
constexpr int import_prefetch = 100;

}  // namespace

Upkeep::Upkeep(const Surroundings& surroundings, UpkeepOptions options, std::deque<ConsumerThreads>& consumers)
    : here_(surroundings), options_(options), consumers_(consumers), outbox_(here_.store.outbox()), admin_(here_.store.admin()),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void Upkeep::work(const std::stop_token& stop) {
  const auto start = here_.clock.steady();
  auto chores = start + options_.chores, gauges = start, imports = start;
  while (!stop.stop_requested()) {
    const auto now = here_.clock.steady();
    if (now >= chores) do_chores(), chores = now + options_.chores;
    if (now >= gauges) attempt("gauges", [this] { measure(); }), gauges = now + options_.gauges;
    if (options_.import_dead_letters && now >= imports) attempt("the import of dead letters", [this] { import(); }), imports = now + options_.imports;
    const auto next = std::min({chores, gauges, options_.import_dead_letters ? imports : chores});
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, stop, next - now, [] { return false; });
  }
}

template <class Chore>
void Upkeep::attempt(const char* what, Chore chore) {
  std::string why;
  try {
    chore();
  } catch (const Error& failed) {
    why = failed.what();
  }
  if (!why.empty()) here_.log.warning(std::string(what) + " failed; tried again later", {{"error", why}});
}

void Upkeep::do_chores() {
  attempt("retention of published events", [this] {
    for (int i = 0; i < most_rounds && outbox_->retain(options_.keep_published, rows_at_a_time); ++i) {}
  });
  for (auto& threads : consumers_) {
    attempt("declaring the queue", [&] { declare(threads.subscriber()); });
    attempt("pruning the inbox", [&] {
      const ports::PruneRule rule{options_.dedupe_window, threads.consumption().prunable(), rows_at_a_time};
      for (int i = 0; i < most_rounds && threads.subscriber().store().prune(rule); ++i) {}
    });
  }
}

void Upkeep::declare(Subscriber& subscriber) {
  for (const auto& pattern : here_.transport.topology().declare(subscriber.queue()).restored)
    here_.log.error("a binding was missing and is there again; what was published meanwhile did not reach this consumer",
                    {{"consumer", subscriber.name()}, {"queue", subscriber.queue().name}, {"pattern", pattern}});
}

void Upkeep::measure() {
  const auto status = admin_->status();
  auto& m = here_.metrics;
  const auto age = status.oldest_pending ? std::chrono::duration<double>(here_.clock.utc() - *status.oldest_pending).count() : 0.0;
  m.gauge("holdfast_outbox_pending", "events not confirmed by the broker").set(static_cast<double>(status.pending));
  m.gauge("holdfast_outbox_oldest_pending_seconds", "age of the oldest of them").set(age);
  for (const auto& c : status.consumers)
    for (const auto& [state, n] : {std::pair{"retry", c.retry}, {"blocked", c.blocked}, {"dead", c.dead}, {"retrying", c.retrying}})
      m.gauge("holdfast_consumer_deferred", "events set aside", {{"consumer", c.consumer}, {"state", state}}).set(static_cast<double>(n));
}

/// Takes what is in the DLQs now.
void Upkeep::import() {
  for (auto& threads : consumers_) {
    auto& subscriber = threads.subscriber();
    if (!threads.consumption().connected()) continue;
    const auto receiver = here_.transport.dead_letters(subscriber.queue().name, ports::this_process() + "/import");
    receiver->credit(import_prefetch);
    ports::Received got;
    receiver->pump(here_.clock.steady() + ports::Millis(50), got);
    for (const auto& delivery : got.deliveries) {
      const auto report = subscriber.consumer().import_dead_letter(delivery);
      subscriber.account(report);
      if (report.end != inbox::Report::End::done) return;
      const ports::Position settled{delivery.session, delivery.tag};
      receiver->ack({&settled, 1});
    }
  }
}

}  // namespace holdfast::host

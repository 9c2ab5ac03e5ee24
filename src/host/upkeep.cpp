#include "host/upkeep.hpp"

#include <algorithm>
#include <exception>

#include "ports/owner.hpp"

namespace holdfast::host {
namespace {

constexpr int rows_at_a_time = 1000, most_rounds = 50;  // a long backlog of deletes is spread over many chores
constexpr int import_prefetch = 100;
constexpr ports::Millis import_patience{5'000};

}  // namespace

Upkeep::Upkeep(const Surroundings& surroundings, UpkeepOptions options, std::deque<ConsumerThreads>& consumers)
    : here_(surroundings),
      options_(options),
      consumers_(consumers),
      outbox_(here_.store.outbox()),
      admin_(here_.store.admin()),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void Upkeep::work(const std::stop_token& stop) {
  const auto start = here_.clock.steady();
  auto chores = start + options_.chores, gauges = start, imports = start;
  while (!stop.stop_requested()) {
    const auto now = here_.clock.steady();
    if (now >= chores) do_chores(stop), chores = now + options_.chores;
    if (now >= gauges) attempt("gauges", [this] { measure(); }), gauges = now + options_.gauges;
    if (options_.import_dead_letters && now >= imports) import(stop), imports = now + options_.imports;
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
  } catch (const std::exception& failed) { why = failed.what(); }
  if (!why.empty()) here_.log.warning(std::string(what) + " failed; tried again later", {{"error", why}});
}

void Upkeep::do_chores(const std::stop_token& stop) {
  const auto in_batches = [&](const auto& batch) {
    for (int i = 0; i < most_rounds && !stop.stop_requested() && batch(); ++i) {}
  };
  attempt("retention of published events",
          [&] { in_batches([&] { return outbox_->retain(options_.keep_published, rows_at_a_time); }); });
  for (auto& threads : consumers_) {
    if (stop.stop_requested()) return;
    attempt("declaring the queue", [&] { threads.subscriber().declare(); });
    const ports::PruneRule rule{options_.dedupe_window, threads.consumption().prunable(), rows_at_a_time,
                                threads.consumption().queue_empty()};
    attempt("pruning the inbox", [&] { in_batches([&] { return threads.subscriber().store().prune(rule); }); });
  }
}

void Upkeep::measure() {
  const auto waiting = admin_->waiting();
  auto& m = here_.metrics;
  const auto age =
      waiting.oldest_pending ? std::chrono::duration<double>(here_.clock.utc() - *waiting.oldest_pending).count() : 0.0;
  m.gauge("holdfast_outbox_pending", "events not confirmed by the broker").set(static_cast<double>(waiting.pending));
  m.gauge("holdfast_outbox_oldest_pending_seconds", "age of the oldest of them").set(age);
  for (const auto& c : waiting.consumers)
    for (const auto& [state, n] :
         {std::pair{"retry", c.retry}, {"blocked", c.blocked}, {"dead", c.dead}, {"retrying", c.retrying}})
      m.gauge("holdfast_consumer_deferred", "events set aside", {{"consumer", c.consumer}, {"state", state}})
          .set(static_cast<double>(n));
}

void Upkeep::import(const std::stop_token& stop) {
  for (auto& threads : consumers_)
    if (threads.consumption().connected() && !stop.stop_requested())
      attempt("the import of dead letters", [&] { import(threads.subscriber(), stop); });
}

/// Takes what is in the DLQ now.
void Upkeep::import(Subscriber& subscriber, const std::stop_token& stop) {
  const auto receiver = here_.transport.dead_letters(subscriber.queue().name, ports::this_process() + "/import");
  receiver->credit(import_prefetch);
  ports::Received got;
  const auto give_up = here_.clock.steady() + import_patience;  // the first may take a few round trips to come
  do receiver->pump(here_.clock.steady() + ports::Millis(50), got);
  while (got.connected && !got.empty && got.deliveries.empty() && here_.clock.steady() < give_up &&
         !stop.stop_requested());
  for (const auto& delivery : got.deliveries) {
    const auto report = subscriber.consumer().import_dead_letter(delivery);
    subscriber.account(report);
    if (report.end != inbox::Report::End::done) break;
    const ports::Position settled{delivery.session, delivery.tag};
    receiver->ack({&settled, 1});
  }
  receiver->disconnect();  // writes the acks; what has none is handed out again
}

}  // namespace holdfast::host

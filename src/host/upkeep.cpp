#include "host/upkeep.hpp"

#include <algorithm>
#include <exception>

#include "host/pruning.hpp"
#include "ports/owner.hpp"

namespace holdfast::host {
namespace {

constexpr int import_prefetch = 100;
constexpr ports::Millis import_patience{5'000};

}  // namespace

Upkeep::Upkeep(const Surroundings& surroundings, UpkeepOptions options, std::deque<ConsumerThreads>& consumers)
    : here_(surroundings),
      options_(options),
      consumers_(consumers),
      outbox_(here_.store.outbox()),
      gauges_(here_, consumers_),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void Upkeep::work(const std::stop_token& stop) {
  const auto start = here_.clock.steady();
  auto chores = start + options_.first_chores, gauges = start, imports = start;
  while (!stop.stop_requested()) {
    const auto now = here_.clock.steady();
    if (now >= chores) do_chores(stop), chores = now + options_.chores;
    if (now >= gauges) measure(stop), gauges = now + options_.gauges;
    if (options_.import_dead_letters && now >= imports) import(stop), imports = now + options_.imports;
    const auto next = deletes_.empty() ? std::min({chores, gauges, options_.import_dead_letters ? imports : chores})
                                       : delete_some(stop);
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, stop, next - here_.clock.steady(), [] { return false; });
  }
}

template <class Chore>
bool Upkeep::attempt(const char* what, Chore chore) {
  std::string why;
  try {
    chore();
  } catch (const std::exception& failed) { why = failed.what(); }
  if (!why.empty()) here_.log.warning(std::string(what) + " failed; tried again later", {{"error", why}});
  return why.empty();
}

/// What it has to delete is only begun here; a chore before it that is not done yet goes on in this one.
void Upkeep::do_chores(const std::stop_token& stop) {
  deletes_ = {{"retention of published events", "retention",
               [this] { return outbox_->retain(options_.keep_published, options_.rows); }}};
  for (auto& threads : consumers_) {
    if (stop.stop_requested()) return;
    attempt("declaring the queue", [&] { threads.subscriber().declare(); });
    attempt("pruning the inbox", [&] { deletes_.push_back({"pruning the inbox", "pruning", begin_pruning(threads)}); });
  }
}

std::function<bool()> Upkeep::begin_pruning(ConsumerThreads& threads) {
  auto& inbox = threads.subscriber().store();
  auto& queue = threads.consumption();
  Pruning pruning(
      [this, &inbox, &queue](bool queue_empty) {
        return inbox.prune_before({options_.dedupe_window, queue.prunable(), queue_empty});
      },
      [this, &inbox](Timestamp before) { return inbox.prune(options_.dedupe_window, before, options_.rows); },
      queue.queue_empty());
  return [pruning, &queue]() mutable { return pruning.some(queue.queue_empty()); };
}

/// A round of each, then a rest of the same length for whoever else writes: whatever there is, it goes, and gauges and
/// imports have their turn meanwhile.
ports::Tick Upkeep::delete_some(const std::stop_token& stop) {
  const auto begun = here_.clock.steady();
  std::erase_if(deletes_, [&](const Deletes& deletes) {
    if (stop.stop_requested()) return false;
    bool more = false;
    if (attempt(deletes.what, [&] { more = deletes.round(); }) && !more) gauges_.done(deletes.chore);
    return !more;
  });
  if (deletes_.empty()) here_.signal(ChoresDone{});
  const auto now = here_.clock.steady();
  return now + (now - begun);
}

void Upkeep::measure(const std::stop_token& stop) {
  if (attempt("gauges", [this] { gauges_.of_database(); })) gauges_.done("gauges");
  gauges_.of_broker(stop);
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

#include "host/gauges.hpp"

#include <algorithm>
#include <limits>

namespace holdfast::host {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double seconds(Timestamp::duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

/// Series of one consumer: those of the database are of every consumer that it knows, those of the broker of this process's own.
struct Gauges::Consumer {
  telemetry::Gauge retry, blocked, dead, retrying, blocked_keys, blocked_for;
};

Gauges::Gauges(const Surroundings& here, const std::deque<ConsumerThreads>& consumers)
    : here_(here),
      consumers_(consumers),
      admin_(here.store.admin()),
      pending_(
          gauge("holdfast_outbox_pending", "events not confirmed by the broker; above 10000 an estimate, below exact")),
      refused_(gauge("holdfast_outbox_refused", "pending events that no broker will take: they wait for an operator")),
      oldest_(gauge("holdfast_outbox_oldest_pending_seconds", "age of the oldest pending event; 0: none is pending")),
      lease_(gauge("holdfast_outbox_lease_held", "1: some relay, of whatever process, has this outbox's lease")),
      kept_(gauge("holdfast_outbox_published_oldest_seconds",
                  "time since the oldest event that is kept was published")) {}

telemetry::Gauge Gauges::gauge(const char* name, const char* help, const telemetry::Labels& labels) const {
  return here_.metrics.gauge(name, help, labels);
}

double Gauges::age(std::optional<Timestamp> since) const {
  return since ? std::max(0.0, seconds(here_.clock.utc() - *since)) : 0;
}

Gauges::Consumer& Gauges::consumer(const std::string& name) {
  auto& found = by_name_[name];
  if (found) return *found;
  const auto deferred = [&](const char* state) {
    return gauge("holdfast_consumer_deferred", "events set aside; above 10000 an estimate, below exact",
                 {{"consumer", name}, {"state", state}});
  };
  const telemetry::Labels own{{"consumer", name}};
  found.reset(new Consumer{
      deferred("retry"), deferred("blocked"), deferred("dead"), deferred("retrying"),
      gauge("holdfast_consumer_blocked_keys", "keys whose later events wait behind one; counted to 1000", own),
      gauge("holdfast_consumer_blocked_key_seconds", "since the first failure of the key that is blocked longest",
            own)});
  return *found;
}

void Gauges::of_database() {
  const auto set = [](const telemetry::Gauge& g, std::int64_t n) { g.set(static_cast<double>(n)); };
  const auto waiting = admin_->waiting();
  set(pending_, waiting.pending), set(refused_, waiting.refused);
  oldest_.set(age(waiting.oldest_pending)), kept_.set(age(waiting.oldest_published));
  lease_.set(waiting.lease_left > ports::Millis(0) ? 1 : 0);
  if (waiting.oldest_xmin)
    set(gauge("holdfast_database_oldest_xmin_transactions",
              "begun since the oldest snapshot that keeps dead rows from being removed"),
        *waiting.oldest_xmin);
  for (const auto& c : waiting.consumers) {
    const Consumer& g = consumer(c.consumer);
    set(g.retry, c.retry), set(g.blocked, c.blocked), set(g.dead, c.dead), set(g.retrying, c.retrying);
    set(g.blocked_keys, c.blocked_keys), g.blocked_for.set(age(c.blocked_since));
  }
}

void Gauges::of_broker(const std::stop_token& stop) {
  for (const auto& threads : consumers_) {
    if (stop.stop_requested()) return;  // a broker that stands still takes seconds for each
    const auto& subscriber = threads.subscriber();
    const telemetry::Labels own{{"consumer", subscriber.name()}};
    const bool connected = threads.consumption().connected();
    double waiting = unknown, dead = unknown;
    if (connected) try {
        const auto depth = here_.transport.topology().depth(subscriber.queue().name);
        waiting = static_cast<double>(depth.ready), dead = static_cast<double>(depth.dead_letters);
      } catch (const std::exception&) {}  // the receiver says what is wrong
    gauge("holdfast_consumer_connected", "1: it receives", own).set(connected ? 1 : 0);
    gauge("holdfast_consumer_paused", "1: something that its handlers need is away", own)
        .set(threads.consumption().paused() ? 1 : 0);
    gauge("holdfast_consumer_queue_depth", "events that wait for it at the broker", own).set(waiting);
    gauge("holdfast_consumer_dlq_depth", "messages in the broker's DLQ of its queue", own).set(dead);
  }
}

void Gauges::done(const std::string& chore) {
  gauge("holdfast_upkeep_last_success_timestamp_seconds", "when the chore was last done to its end", {{"chore", chore}})
      .set(seconds(here_.clock.utc().time_since_epoch()));
}

}  // namespace holdfast::host

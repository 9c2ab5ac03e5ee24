#include "host/subscriber.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <random>

#include "host/process_spans.hpp"

namespace holdfast::host {
namespace {

std::string without_version(const std::string& type) {
  const auto dot = type.rfind('.');
  const bool version = dot != std::string::npos && dot + 2 < type.size() && type[dot + 1] == 'v' &&
                       type.find_first_not_of("0123456789", dot + 2) == std::string::npos;
  return version ? type.substr(0, dot) : type;
}

/// Jitter of retries, drawn from any lane's thread.
std::function<double()> random_source() {
  struct State {
    std::mutex mutex;
    std::minstd_rand generator{std::random_device{}()};
  };
  return [state = std::make_shared<State>()] {
    const std::lock_guard lock(state->mutex);
    return std::uniform_real_distribution<double>(0, 1)(state->generator);
  };
}

std::map<ports::Millis, std::string> wait_queues(const ports::Receiver& receiver,
                                                 const std::vector<ports::Millis>& delays) {
  std::map<ports::Millis, std::string> queues;
  for (const auto delay : delays) queues[delay] = receiver.destination_after(delay);
  return queues;
}

bool remembers(detail::StoreBase& store, const Subscription& subscription) {
  return std::ranges::any_of(store.admin()->subscriptions(), [&](const ports::Subscribed& before) {
    return before.consumer == subscription.consumer && before.queue == subscription.queue;
  });
}

}  // namespace

struct Subscriber::Meters {
  telemetry::Counter handled, duplicates, behind, retries, out_of_turn, dropped;
  telemetry::Histogram run, latency;
  explicit Meters(telemetry::Metrics& m, const telemetry::Labels& l)
      : handled(m.counter("holdfast_consumer_handled_total", "events whose effect was committed", l)),
        duplicates(m.counter("holdfast_consumer_duplicates_total", "deliveries that were absorbed", l)),
        behind(m.counter("holdfast_consumer_blocked_total", "events set behind an earlier one of their key", l)),
        retries(m.counter("holdfast_consumer_retries_total", "failures that will be retried", l)),
        out_of_turn(m.counter("holdfast_consumer_order_exceptions_total",
                              "events that an operator let take effect beside the order", l)),
        dropped(m.counter("holdfast_consumer_dead_letter_copies_total",
                          "copies from the broker's DLQ of what the database knows", l)),
        run(m.histogram("holdfast_consumer_run_duration_seconds", "a batch of events with its transaction", l)),
        latency(m.histogram("holdfast_consumer_effect_latency_seconds",
                            "from publish() at the producer to the commit of the effects, retries included", l,
                            telemetry::Buckets::latency)) {}
};

std::string pattern_of(const std::string& type) {
  const auto base = without_version(type);
  return base == type ? type : base + ".*";
}

std::string queue_of(const std::string& consumer, const std::string& type) {
  std::string event = without_version(type);
  if (event.ends_with(".*")) event.resize(event.size() - 2);
  std::replace(event.begin(), event.end(), '.', '-');
  return consumer + (event.empty() ? "" : "." + event) + ".q";
}

Subscriber::Subscriber(const Surroundings& surroundings, Subscription subscription, inbox::Handlers handlers,
                       std::stop_token stopping)
    : here_(surroundings),
      subscription_(std::move(subscription)),
      queue_{subscription_.queue, subscription_.events, subscription_.ordering == Ordering::by_key, {}},
      handlers_(std::move(handlers)),
      stopping_(std::move(stopping)),
      store_(here_.store.inbox(subscription_.consumer)),
      meters_(std::make_shared<Meters>(here_.metrics, telemetry::Labels{{"consumer", subscription_.consumer}})) {
  if (subscription_.retry.via == RetryVia::broker && subscription_.ordering == Ordering::none)
    queue_.delays = subscription_.retry.delays;
  queue_.types = handlers_.types();
  queue_.was_there = remembers(here_.store, subscription_);
}

inbox::SessionOptions Subscriber::session_options() const {
  inbox::SessionOptions o;
  o.lanes = here_.store.dialect() == Dialect::sqlite ? 1 : subscription_.concurrency;  // SQLite has one writer
  o.batch = subscription_.batch;
  o.by_key = subscription_.ordering == Ordering::by_key;
  return o;
}

void Subscriber::declare() const {
  const auto now = here_.clock.utc();
  const auto found = here_.transport.topology().declare(queue_);
  const auto bound_at = bound_at_.exchange(now);
  const auto since = found.queue_was_gone ? Timestamp() : bound_at;  // what a queue held may be of any age
  for (const auto& warning : found.warnings)
    here_.log.warning("something at the broker is not as it should be; all goes on",
                      {{"consumer", name()}, {"queue", queue_.name}, {"error", warning}});
  const std::string what(ports::what_was_missed(found));
  for (const auto& pattern : found.restored)
    here_.log.error(what +
                        " did not reach this consumer. `holdfast outbox republish`, with these flags and at each "
                        "producer's database, sends it again; what the consumer had before is absorbed",
                    {{"consumer", name()},
                     {"queue", queue_.name},
                     {"pattern", pattern},
                     {"flags", ports::republish_flags(queue_.name, pattern) +
                                   (since == Timestamp() ? "" : " --since " + to_iso8601(since))}});
}

void Subscriber::connect(ports::Receiver& receiver) {
  if (consumer_) return;
  inbox::Policy policy{
      subscription_.consumer, queue_.name, subscription_.ordering, subscription_.after_dead, subscription_.retry,
      subscription_.batch,    {}};
  if (receiver.traits().delay_queues && !queue_.delays.empty())
    policy.wait_queue = [queues = wait_queues(receiver, queue_.delays)](ports::Millis delay) {
      const auto found = queues.find(delay);
      return found == queues.end() ? std::string() : found->second;
    };
  policy.dead_letter_queue = receiver.dead_letter_destination();
  consumer_ = std::make_unique<inbox::Consumer>(
      inbox::Surroundings{*store_, here_.clock, handlers_, std::move(policy), random_source(), stopping_});
}

inbox::Report Subscriber::run(const std::function<inbox::Report()>& job) const {
  ProcessSpans spans(here_.spans, name(), queue_.name);
  const auto begun = here_.clock.steady();
  inbox::Report report = job();
  meters_->run.observe(std::chrono::duration<double>(here_.clock.steady() - begun).count());
  spans.end(report);
  account(report);
  return report;
}

void Subscriber::account(const inbox::Report& report) const {
  if (!report.effects.empty())
    for (const auto now = here_.clock.utc(); const auto occurred : report.effects)
      meters_->latency.observe(std::chrono::duration<double>(std::max(now - occurred, {})).count());
  const auto& c = report.counts;
  meters_->handled.add(c.handled), meters_->duplicates.add(c.duplicates), meters_->behind.add(c.behind);
  meters_->retries.add(c.deferred + c.retrying), meters_->out_of_turn.add(c.out_of_turn),
      meters_->dropped.add(c.dropped);
  for (const auto& setback : report.setbacks) tell(setback);
  if (!report.why.empty())
    here_.log.warning(report.end == inbox::Report::End::unavailable
                          ? "a handler says that something it needs is away; the consumer pauses and tries again"
                          : "the database is away; it is waited for",
                      {{"consumer", name()}, {"error", report.why}});
  here_.signal(RunSettled{name(), report});
}

void Subscriber::tell(const inbox::Setback& s) const {
  const std::initializer_list<telemetry::Log::Field> fields{
      {"consumer", name()},
      {"event_id", s.info.id.to_string()},
      {"type", s.info.type},
      {"attempt", std::to_string(s.info.attempt)},
      {"reason", s.reason},
      {"error", s.error},
      {"trace_id", s.info.trace_id},
      {"next_try", s.dead ? "none" : "in " + std::to_string(s.retry_in.count()) + " ms"}};
  if (!s.dead) return here_.log.warning("an event failed and is tried again later", fields);
  here_.metrics.counter("holdfast_consumer_dead_total", "dead letters", {{"consumer", name()}, {"reason", s.reason}})
      .add();
  here_.log.error(
      "an event is a dead letter: it will not be tried again by itself; see `holdfast dlq list`, `holdfast dlq replay`",
      fields);
  if (on_dead_letter) report_dead({name(), s.info, s.reason, s.error});
}

/// The dead letter is stored: whatever the user's function throws changes nothing.
void Subscriber::report_dead(const DeadLetter& letter) const {
  try {
    on_dead_letter(letter);
  } catch (const std::exception& failure) {
    here_.log.error("on_dead_letter failed; the dead letter is stored all the same",
                    {{"consumer", name()}, {"error", failure.what()}});
  } catch (...) {
    here_.log.error("on_dead_letter failed; the dead letter is stored all the same",
                    {{"consumer", name()}, {"error", "what it threw is no std::exception"}});
  }
}

}  // namespace holdfast::host

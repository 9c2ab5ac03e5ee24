#include "holdfast/host.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <stdexcept>

#include "event/trace_context.hpp"
#include "host/context.hpp"
#include "host/impl.hpp"
#include "host/signals.hpp"
#include "ports/owner.hpp"

namespace holdfast {
namespace {

constexpr int hung_code = 70;  // of a process that ends because something in it hangs
constexpr const char* relay_keeps = "the database keeps the relay";
constexpr ports::Millis last_answer{12'000};  // of one statement: the line for a connection, then a lock, 5 s each
constexpr auto for_ever = std::chrono::hours(24 * 365);

LogSink sink_of(HostOptions& options) {
  if (!options.log) options.log = telemetry::stderr_sink(options.name);
  return options.log;
}

HostOptions sound(HostOptions options) {
  if (options.in_flight < 1 || options.in_flight > ports::most_in_flight)
    throw Invalid("in_flight", "1 to " + std::to_string(ports::most_in_flight) + " events may fly, not " +
                                   std::to_string(options.in_flight));
  return options;
}

std::string instance_of(const std::string& name) {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return name + "@" + host;
}

}  // namespace

Host::Impl::Impl(HostOptions options)
    : options_(sound(std::move(options))),
      upkeep_options_{options_.keep_published, options_.dedupe_window, options_.import_dead_letters},
      metrics_({{"service", options_.name}}),
      committed_(metrics_.counter("holdfast_outbox_committed_total",
                                  "events that transactions of this process put into the outbox")),
      here_{options_.name,
            *options_.store.impl(),
            *options_.transport.impl(),
            options_.store.impl()->clock(),
            telemetry::Log(sink_of(options_), options_.log_level),
            metrics_,
            {},
            host::EventSpans(options_.trace, *options_.transport.impl(), options_.store.impl()->clock(), here_.log)},
      outbox_(outbox::make({.producer = options_.name,
                            .clock = here_.clock,
                            .wake =
                                [this](std::size_t events) {
                                  committed_.add(static_cast<double>(events));
                                  if (relay_) relay_->sending().committed();
                                  on_commit();
                                },
                            .begin_creation = here_.spans.begin_creation()})),
      spans_dropped_(metrics_.counter("holdfast_spans_dropped_total", "spans that the trace collector did not get")),
      malformed_(metrics_.counter("holdfast_traceparents_malformed_total",
                                  "traces that others began and no one can read; one of our own began instead")),
      watchdog_(here_.clock) {}

Host::Impl::~Impl() {
  constexpr ports::Millis deadline{30'000};
  stop(deadline);
  const host::Watchdog::Watch silent(watchdog_, last_answer, [this] { end_the_process(); });
  end_threads();  // of a stop that threw
  keeper_ = relay_keeps;  // it gave up; a statement of it may still wait for its answer
  relay_.reset();
}

void Host::Impl::require_before_start(const char* what) const {
  if (life_ != Life::made)
    throw std::logic_error(std::string(what) +
                           ": this host was started; a host lives once, and is told everything before");
}

void Host::Impl::add(Subscription subscription, std::vector<detail::Handler> handlers) {
  require_before_start("subscribe");
  if (subscription.consumer.empty()) throw Invalid("consumer", "a subscription needs a name: the inbox is kept by it");
  for (const auto& told : told_)
    if (told.subscription.consumer == subscription.consumer)
      throw Invalid("consumer",
                    "'" + subscription.consumer + "' subscribes twice: one name is one queue and one set of handlers");
  subscription = complete(std::move(subscription), handlers);
  for (const auto& told : told_)
    if (told.subscription.queue == subscription.queue)
      throw Invalid("queue", "'" + subscription.consumer + "' and '" + told.subscription.consumer + "' take from " +
                                 subscription.queue + ": each event would reach one of them; give each its own queue");
  told_.push_back({std::move(subscription), std::move(handlers)});
}

/// What the user left to us, and what configuration sets for all.
Subscription Host::Impl::complete(Subscription s, const std::vector<detail::Handler>& handlers) const {
  std::set<std::string> patterns;
  std::string first;
  for (const auto& handler : handlers)
    if (!handler.type.empty())
      patterns.insert(host::pattern_of(handler.type)), first = first.empty() ? handler.type : first;
  if (s.events.empty()) s.events.assign(patterns.begin(), patterns.end());
  if (s.events.empty())
    throw Invalid("events", "'" + s.consumer + "' takes any event: say which, as {.events = {\"order.#\"}}");
  if (s.queue.empty()) s.queue = host::queue_of(s.consumer, first);
  if (s.partitions != 1) throw Invalid("partitions", "'" + s.consumer + "': more than one partition is not there yet");
  if (options_.concurrency > 0) s.concurrency = options_.concurrency;
  if (options_.batch > 0 && s.batch != 1) s.batch = options_.batch;  // 1: it calls out, one event a transaction
  if (options_.ordering) s.ordering = *options_.ordering;
  if (options_.handler_deadline) s.handler_deadline = *options_.handler_deadline;
  if (s.batch < 1 || s.concurrency < 1)
    throw Invalid("batch", "'" + s.consumer + "': batch and concurrency are at least 1");
  return s;
}

void Host::Impl::add(detail::Upcaster upcaster) {
  require_before_start("upcast");
  upcasters_.push_back(host::wrap(std::move(upcaster)));
}

void Host::Impl::prepare() {
  if (options_.migrate) here_.store.migrate();
  here_.store.check_schema();
  subscribers_.clear();  // of a start() that went wrong
  std::chrono::seconds longest{0};
  for (const auto& told : told_) longest = std::max(longest, told.subscription.handler_deadline);
  here_.store.expect_handlers_of(longest);
  for (const auto& [subscription, handlers] : told_) {
    const host::Deadline deadline{
        watchdog_, subscription.handler_deadline,
        [this, consumer = subscription.consumer](const EventInfo& event) { hung(consumer, event); }};
    inbox::Handlers table;
    for (const auto& handler : handlers) table.add(host::wrap(handler, outbox_, subscription.consumer, deadline));
    for (const auto& upcaster : upcasters_) table.add(upcaster);
    subscribers_.emplace_back(here_, subscription, std::move(table), stopping_.get_token()).on_dead_letter =
        options_.on_dead_letter;
  }
}

void Host::Impl::hung(const std::string& consumer, const EventInfo& event) const {
  here_.log.error(
      "a handler is past its deadline: the process ends, and the event is tried again by the rules for crashes",
      {{"consumer", consumer}, {"event_id", event.id.to_string()}, {"type", event.type}, {"trace_id", event.trace_id}});
  std::_Exit(hung_code);
}

std::string Host::Impl::metrics() const {
  spans_dropped_.bring_to(here_.spans.dropped());
  malformed_.bring_to(event::malformed_traceparents);
  return metrics_.text();
}

outbox::RelayOptions Host::Impl::relay_options() const {
  outbox::RelayOptions o;
  o.owner = ports::this_process();
  o.window = options_.in_flight;
  return o;
}

void Host::Impl::start() {
  require_before_start("start");
  prepare();
  check_topology();
  try {
    start_threads();
  } catch (...) {
    if (relay_) relay_->give_up();
    end_threads();
    consumers_.clear();
    relay_.reset();
    throw;
  }
  life_ = Life::running;
}

/// What will never work is said now; a broker that is away is waited for by the consume threads.
void Host::Impl::check_topology() const {
  try {
    (void)here_.transport.topology().depth("");  // a producer may have nothing to declare
    for (const auto& subscriber : subscribers_) subscriber.declare();
  } catch (const Unavailable& away) {
    here_.log.warning("the broker is away; it is waited for", {{"error", away.what()}});
  } catch (const Transient& busy) { here_.log.debug("the topology is checked later", {{"error", busy.what()}}); }
}

void Host::Impl::start_threads() {
  watchdog_.start();
  if (options_.relay == Relay::in_process) relay_ = std::make_unique<host::RelayThreads>(here_, relay_options());
  due_ = std::make_unique<host::ErrandRunner>();
  for (auto& subscriber : subscribers_) consumers_.emplace_back(subscriber, instance_of(options_.name), *due_);
  upkeep_ = std::make_unique<host::Upkeep>(here_, upkeep_options_, consumers_);
}

void Host::Impl::stop(ports::Millis deadline, const std::function<void()>& end_requests) {
  Life running = Life::running;
  if (!life_.compare_exchange_strong(running, Life::over)) return;
  keeper_ = "a handler or the database keeps a request";
  const host::Watchdog::Watch late(watchdog_, deadline, [this] { deadline_is_over(); });
  const host::Watchdog::Watch silent(watchdog_, deadline + last_answer, [this] { end_the_process(); });
  stopping_.request_stop();
  for (auto& consumer : consumers_) consumer.consumption().stop();
  if (end_requests) end_requests();
  end_threads();
}

/// Consumers first, so that what their handlers publish can still be sent; the relay last: it waits for nobody beyond the
/// deadline. health() and publish() may be called meanwhile: what they look at stays.
void Host::Impl::end_threads() {
  keeper_ = "the database or the broker keeps the upkeep";
  upkeep_.reset();
  keeper_ = "a handler, the database or the broker keeps a consumer";
  for (auto& consumer : consumers_) consumer.consumption().stop();
  for (auto& consumer : consumers_) consumer.join();
  keeper_ = "the database keeps who looks for due events";
  due_.reset();
  if (!relay_) return;
  keeper_ = relay_keeps;
  relay_->stop();
  relay_->join();
}

void Host::Impl::deadline_is_over() const {
  if (keeper_ == relay_keeps) relay_->give_up();
  else end_the_process();
}

/// No thread can be ended alone. A transaction that is open is undone.
void Host::Impl::end_the_process() const {
  std::string who;
  for (const auto& consumer : consumers_)
    if (!consumer.ended()) who += " " + consumer.subscriber().name();
  here_.log.error(std::string("the stop did not end by its deadline: ") + keeper_.load() +
                      ". The process ends now; nothing is lost, what is not settled is delivered again",
                  {{"consumers", who.empty() ? "all ended" : who.substr(1)}});
  std::_Exit(hung_code);
}

Health Host::Impl::health() const {
  Health health{.live = true, .ready = true, .detail = ""};
  const auto add = [&](const std::string& reason) { health.detail += (health.detail.empty() ? "" : "; ") + reason; };
  if (life_ != Life::running)
    return {.live = true, .ready = false, .detail = life_ == Life::made ? "not started" : "stopped"};
  try {
    here_.store.require_writable();
  } catch (const std::exception& away) {
    health.ready = false;
    add(away.what());
  }
  if (relay_ && relay_->sending().blocked())
    add("the broker takes nothing for now (an alarm of its memory or its disk, or it is away): events wait in the "
        "outbox");
  else if (relay_ && !relay_->sending().connected() && relay_->sending().owner())
    add("the relay has no session with the broker: events wait in the outbox");
  for (const auto& consumer : consumers_) {
    const auto name = "consumer " + consumer.subscriber().name();
    const auto& consumption = consumer.consumption();
    if (!consumption.connected()) add(name + " does not receive: " + consumption.problem());
    if (consumption.paused())
      add(name + " is paused: a handler says that something it needs is away; one event at a time tries it again");
  }
  return health;
}

Host::Host(HostOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Host::~Host() = default;
void Host::add(Subscription subscription, std::vector<detail::Handler> handlers) {
  impl_->add(std::move(subscription), std::move(handlers));
}
void Host::add(detail::Upcaster upcaster) { impl_->add(std::move(upcaster)); }
Outbox& Host::outbox() { return impl_->outbox(); }
Store& Host::store() { return impl_->store(); }
void Host::start() { impl_->start(); }
void Host::stop(std::chrono::seconds deadline) { impl_->stop(std::min<std::chrono::seconds>(deadline, for_ever)); }
Health Host::health() const { return impl_->health(); }
const LogSink& Host::log() const { return impl_->log(); }
std::string Host::metrics() const { return impl_->metrics(); }

void Host::run() {
  const host::Signals signals;
  start();
  signals.wait();
  stop();
}

}  // namespace holdfast

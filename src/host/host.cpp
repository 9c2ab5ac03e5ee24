#include "holdfast/host.hpp"

#include <unistd.h>

#include <cstdlib>
#include <set>

#include "host/context.hpp"
#include "host/impl.hpp"
#include "host/signals.hpp"
#include "ports/owner.hpp"

namespace holdfast {
namespace {

constexpr int hung = 70;  // the exit code of a process whose handler hangs

LogSink sink_of(HostOptions& options) { return options.log ? options.log : telemetry::stderr_sink(options.name); }

std::string instance_of(const std::string& name) {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return name + "@" + host;
}

}  // namespace

Host::Impl::Impl(HostOptions options)
    : options_(std::move(options)),
      here_{options_.name, *options_.store.impl(), *options_.transport.impl(), options_.store.impl()->clock(),
            telemetry::Log(sink_of(options_)), metrics_, {}},
      outbox_(outbox::make(options_.name, here_.clock, [this] {
        if (relay_) relay_->sending().committed();
        on_commit();
      })) {}

Host::Impl::~Impl() { stop(std::chrono::seconds(30)); }

void Host::Impl::add(Subscription subscription, std::vector<detail::Handler> handlers) {
  if (subscription.consumer.empty()) throw Invalid("consumer", "a subscription needs a name: the inbox is kept by it");
  for (const auto& told : told_)
    if (told.subscription.consumer == subscription.consumer)
      throw Invalid("consumer", "'" + subscription.consumer + "' subscribes twice: one name is one queue and one set of handlers");
  told_.push_back({complete(std::move(subscription), handlers), std::move(handlers)});
}

/// What the user left to us, and what configuration sets for all.
Subscription Host::Impl::complete(Subscription s, const std::vector<detail::Handler>& handlers) const {
  std::set<std::string> patterns;
  std::string first;
  for (const auto& handler : handlers)
    if (!handler.type.empty()) patterns.insert(host::pattern_of(handler.type)), first = first.empty() ? handler.type : first;
  if (s.events.empty()) s.events.assign(patterns.begin(), patterns.end());
  if (s.events.empty()) throw Invalid("events", "'" + s.consumer + "' takes any event: say which, as {.events = {\"order.#\"}}");
  if (s.queue.empty()) s.queue = host::queue_of(s.consumer, first);
  if (s.partitions != 1) throw Invalid("partitions", "'" + s.consumer + "': more than one partition is not there yet");
  if (options_.concurrency > 0) s.concurrency = options_.concurrency;
  if (options_.batch > 0) s.batch = options_.batch;
  if (options_.ordering) s.ordering = *options_.ordering;
  if (options_.handler_deadline) s.handler_deadline = *options_.handler_deadline;
  if (s.batch < 1 || s.concurrency < 1) throw Invalid("batch", "'" + s.consumer + "': batch and concurrency are at least 1");
  return s;
}

void Host::Impl::add(detail::Upcaster upcaster) { upcasters_.push_back(host::wrap(std::move(upcaster))); }

void Host::Impl::prepare() {
  if (options_.migrate) here_.store.migrate();
  here_.store.check_schema();
  for (const auto& [subscription, handlers] : told_) {
    inbox::Handlers table;
    for (const auto& handler : handlers) table.add(host::wrap(handler, outbox_, subscription.consumer));
    for (const auto& upcaster : upcasters_) table.add(upcaster);
    subscribers_.emplace_back(here_, subscription, std::move(table), stopping_.get_token()).on_dead_letter = options_.on_dead_letter;
  }
}

outbox::RelayOptions Host::Impl::relay_options() const {
  outbox::RelayOptions o;
  o.owner = ports::this_process();
  o.window = options_.in_flight;
  return o;
}

void Host::Impl::start() {
  prepare();
  watchdog_ = std::make_unique<host::Watchdog>(here_.clock, [this](const std::string& what) {
    here_.log.error("a handler is past its deadline: the process ends, the event is tried again by the rules for crashes", {{"run", what}});
    std::_Exit(hung);
  });
  if (options_.relay == Relay::in_process) relay_ = std::make_unique<host::RelayThreads>(here_, relay_options());
  due_ = std::make_unique<host::ErrandRunner>();
  for (auto& subscriber : subscribers_) consumers_.emplace_back(subscriber, instance_of(options_.name), *due_, *watchdog_);
  upkeep_ = std::make_unique<host::Upkeep>(
      here_, host::UpkeepOptions{options_.keep_published, options_.dedupe_window, options_.import_dead_letters}, consumers_);
}

/// Consumers first, so that what their handlers published is still sent; the relay last.
void Host::Impl::stop(std::chrono::seconds deadline) {
  if (!upkeep_) return;
  stopping_.request_stop();
  const host::Watchdog::Watch late(*watchdog_, "the end of this process", deadline);
  upkeep_.reset();
  for (auto& consumer : consumers_) consumer.consumption().stop();
  for (auto& consumer : consumers_) consumer.join();
  if (relay_) relay_->stop(), relay_->join();
  consumers_.clear();
  due_.reset();
}

Health Host::Impl::health() const {
  Health health{.live = true, .ready = true, .detail = ""};
  const auto add = [&](const std::string& reason) { health.detail += (health.detail.empty() ? "" : "; ") + reason; };
  try {
    (void)here_.store.begin();
  } catch (const Error& away) {
    health.ready = false;
    add(away.what());
  }
  if (relay_ && !relay_->sending().connected() && relay_->sending().owner()) add("the relay has no session with the broker: events wait in the outbox");
  for (const auto& consumer : consumers_)
    if (!consumer.consumption().connected()) add("consumer " + consumer.subscriber().name() + " does not receive: " + consumer.consumption().problem());
  return health;
}

Host::Host(HostOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Host::~Host() = default;
void Host::add(Subscription subscription, std::vector<detail::Handler> handlers) { impl_->add(std::move(subscription), std::move(handlers)); }
void Host::add(detail::Upcaster upcaster) { impl_->add(std::move(upcaster)); }
Outbox& Host::outbox() { return impl_->outbox(); }
Store& Host::store() { return impl_->store(); }
void Host::start() { impl_->start(); }
void Host::stop(std::chrono::seconds deadline) { impl_->stop(deadline); }
Health Host::health() const { return impl_->health(); }
std::string Host::metrics() const { return impl_->metrics(); }

void Host::run() {
  const host::Signals signals;
  start();
  signals.wait();
  stop();
}

}  // namespace holdfast

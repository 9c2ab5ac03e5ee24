#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>

#include "event/envelope.hpp"
#include "holdfast/testing.hpp"
#include "host/impl.hpp"
#include "outbox/store_commands.hpp"
#include "sql/sqlite/open.hpp"
#include "testing/faulty_store.hpp"
#include "testing/manual_clock.hpp"
#include "transport/memory/bus.hpp"

namespace holdfast::testing {
namespace {

constexpr int quiet_rounds = 6;       // an event moves at least one step in each
constexpr int most_rounds = 100'000;  // then something goes in circles
constexpr int most_steps = 10'000;    // of one advance()
constexpr ports::Millis least_step{250};
constexpr int everything = 100'000;   // credit of the spy
const ports::Queue spy_queue{"harness.published.q", {"#"}, false, {}};

}  // namespace

class Harness::Impl {
 public:
  explicit Impl(std::shared_ptr<detail::StoreBase> store = {})
      : store_(std::make_shared<FaultyStore>(store ? store : store::open_sqlite(":memory:", clock_).impl(), clock_)) {
    store_->use_clock(clock_);
    host_->impl().observe([this](const host::Signal& signal) { hear(signal); });
    host_->impl().on_commit = [this] { committed_ = true; };
  }

  Host& host() { return *host_; }
  http::Server& server() { return server_; }
  FaultyStore& store() { return *store_; }
  const std::vector<DeadLetter>& dead() const { return dead_; }
  int duplicates() const { return duplicates_; }
  void crash() { crash_ = true; }

  void send(ports::OutgoingEvent event) {
    begin();
    delivered_[event.id] = event;
    publish(event);
    settle();
  }

  void send_again(const EventId& id) {
    const auto found = delivered_.find(id);
    if (found == delivered_.end())
      throw std::logic_error("deliver_again: no event " + id.to_string() + " was delivered by this harness");
    publish(found->second);
    settle();
  }

  std::vector<std::string> queues() const {
    std::vector<std::string> names;
    for (auto& subscriber : host_->impl().subscribers()) names.push_back(subscriber.queue().name);
    return names;
  }

  void begin() {
    if (sending_) return;
    host_->impl().prepare();
    transport_->topology().declare(spy_queue);
    spy_ = transport_->receiver(spy_queue, "spy");
    spy_->credit(everything);
    auto relay = host_->impl().relay_options();
    relay.read_every = ports::Millis(0);  // the clock stands still while all settles
    sending_ = std::make_unique<host::Sending>(
        host_->impl().here(), std::move(relay),
        [this](outbox::StoreCommand command) { commands_.push_back(std::move(command)); });
    outbox_store_ = store_->outbox();
    for (auto& subscriber : host_->impl().subscribers()) {
      subscriber.on_dead_letter = [this](const DeadLetter& letter) { dead_.push_back(letter); };
      consume(subscriber);
    }
    settle();
  }

  void settle() {
    begin();
    for (int quiet = 0, rounds = 0; quiet < quiet_rounds; ++rounds) {
      if (rounds > most_rounds) throw std::logic_error("settle: events go round in circles");
      busy_ = false;
      round();
      quiet = busy_ ? 0 : quiet + 1;
    }
  }

  void advance(ports::Millis by) {
    const auto step = std::max(least_step, by / most_steps);
    for (ports::Millis left = by; left.count() > 0; left -= std::min(left, step)) {
      clock_.move(std::min(left, step));
      settle();
    }
  }

  std::vector<Envelope> published_of(std::string_view type) const {
    std::vector<Envelope> out;
    std::copy_if(published_.begin(), published_.end(), std::back_inserter(out),
                 [&](const Envelope& e) { return e.info.type == type; });
    return out;
  }

  const ports::Clock& clock() const { return clock_; }

 private:
  struct Consumer {
    host::Subscriber& subscriber;
    std::unique_ptr<host::Consumption> consumption;
    std::deque<std::function<void()>> jobs;  // what lanes and the due thread would do
  };

  HostOptions options() {
    return {
        .name = "harness", .store = Store(store_), .transport = Transport(transport_), .log = [](const LogLine&) {}};
  }

  void consume(host::Subscriber& subscriber) {
    auto& c = consumers_.emplace_back(Consumer{subscriber, nullptr, {}});
    restart(c);
  }

  void restart(Consumer& c) {
    c.jobs.clear();
    c.consumption.reset();
    const auto run = [this, &c](int lane, auto work) {
      c.jobs.push_back([this, &c, lane, work] {
        auto report = c.subscriber.run(work);
        if (crash_ && report.settled > 0) return crash_now(c);
        c.consumption->settled(lane, std::move(report));
      });
    };
    c.consumption = std::make_unique<host::Consumption>(
        c.subscriber, "harness",
        host::Hands{[&c, run](inbox::RunBatch job) {
                      run(job.lane, [&c, job] { return c.subscriber.consumer().run_batch(job.batch, job.how); });
                    },
                    [&c, run](inbox::RunDeferred job) {
                      run(job.lane, [&c, job] { return c.subscriber.consumer().run_deferred(job.due, job.how); });
                    },
                    [&c](const ports::DueQuery& query) {
                      c.jobs.push_back([&c, query] { c.consumption->due(c.subscriber.store().due(query)); });
                    }});
  }

  /// As a killed process: nothing is acknowledged, nothing is written down.
  void crash_now(Consumer& c) {
    crash_ = false;
    c.jobs.push_back([this, &c] { restart(c); });
  }

  void round() {
    const auto now = clock_.steady();
    if (std::exchange(committed_, false)) sending_->committed(), busy_ = true;
    sending_->step(now);
    for (; !commands_.empty(); commands_.pop_front()) sending_->answer(outbox::run(commands_.front(), *outbox_store_));
    for (auto& c : consumers_) {
      c.consumption->step(now);
      while (!c.jobs.empty()) {
        const auto job = std::move(c.jobs.front());
        c.jobs.pop_front();
        job();
      }
    }
    spy(now);
  }

  void hear(const host::Signal& signal) {
    if (const auto* run = std::get_if<host::RunSettled>(&signal))
      duplicates_ += run->report.counts.duplicates, busy_ = true;
    else busy_ = true;
  }

  void spy(ports::Tick now) {
    ports::Received got;
    spy_->pump(now, got);
    std::vector<ports::Position> seen;
    for (auto& d : got.deliveries) {
      seen.push_back({d.session, d.tag});
      if (delivered_.contains(EventId::of_body(d.body))) continue;  // foreign bytes
      if (auto envelope = event::decode(d.body, d.headers); !delivered_.contains(envelope.info.id))
        published_.push_back(std::move(envelope));
    }
    if (!seen.empty()) spy_->ack(seen), busy_ = true;
  }

  void publish(const ports::OutgoingEvent& event) {
    const auto publisher = transport_->publisher();
    std::vector<ports::PublishResult> results;
    publisher->accept({1, &event});
    publisher->pump(clock_.steady(), results);
    busy_ = true;
  }

  ManualClock clock_;
  std::shared_ptr<FaultyStore> store_;
  std::shared_ptr<transport::memory::Bus> transport_ = std::make_shared<transport::memory::Bus>(clock_);
  std::unique_ptr<Host> host_ = std::make_unique<Host>(options());
  http::Server server_{http::ServerOptions{}};
  std::unique_ptr<ports::OutboxStore> outbox_store_;
  std::deque<outbox::StoreCommand> commands_;
  std::unique_ptr<host::Sending> sending_;
  std::deque<Consumer> consumers_;
  std::unique_ptr<ports::Receiver> spy_;
  std::map<EventId, ports::OutgoingEvent> delivered_;
  std::vector<Envelope> published_;
  std::vector<DeadLetter> dead_;
  int duplicates_ = 0;
  bool busy_ = false, committed_ = false, crash_ = false;
};

Harness::Harness() : impl_(std::make_unique<Impl>()) {}
Harness::Harness(Store store) : impl_(std::make_unique<Impl>(store.impl())) {}
Harness::~Harness() = default;
Host& Harness::host() { return impl_->host(); }
Store& Harness::store() { return impl_->host().store(); }
http::Server& Harness::server() { return impl_->server(); }
http::Response Harness::http(const http::Request& request) {
  impl_->begin();  // its tables
  auto response = impl_->server().handle(request);
  settle();
  return response;
}

EventId Harness::deliver_encoded(std::string_view type, std::string json, PublishOptions options) {
  const EventId id = options.id ? *options.id : EventId::generate(impl_->clock().utc());
  EventInfo info;
  info.id = id, info.type = type, info.key = options.key, info.occurred_at = impl_->clock().utc(),
  info.producer = "harness";
  info.correlation_id = options.correlation_id.empty() ? id.to_string() : options.correlation_id;
  info.causation_id = options.causation_id, info.traceparent = options.traceparent;
  ports::OutgoingEvent event;
  info.headers = std::move(options.headers);
  event.id = id, event.type = type, event.occurred_at = info.occurred_at, event.headers = event::headers_of(info);
  if (!options.key.empty()) event.key = options.key;
  event.envelope = event::encode(info, json);
  impl_->send(std::move(event));
  return id;
}

void Harness::deliver_raw(std::string body, std::string type) {
  impl_->begin();
  ports::OutgoingEvent event;
  event.id = EventId::of_body(body), event.type = std::move(type), event.envelope = std::move(body);
  if (!event.type.empty()) return impl_->send(std::move(event));
  for (const auto& queue : impl_->queues()) {
    event.destination = queue;
    impl_->send(event);
  }
}

void Harness::deliver_again(EventId id) { impl_->send_again(id); }
void Harness::settle() { impl_->settle(); }
void Harness::advance(std::chrono::milliseconds by) { impl_->advance(by); }
std::vector<Envelope> Harness::published_of(std::string_view type) const { return impl_->published_of(type); }
std::vector<DeadLetter> Harness::dead_letters() const { return impl_->dead(); }
int Harness::duplicates_absorbed() const { return impl_->duplicates(); }
void Harness::fail_next_commit() { impl_->store().fail_next_commit(); }
void Harness::crash_after_next_commit() { impl_->crash(); }

}  // namespace holdfast::testing

// A consumer process as the host drives it: the consume thread, lane workers, the due worker.
#include <algorithm>
#include <deque>
#include <sstream>

#include "holdfast/errors.hpp"
#include "inbox/consumer.hpp"
#include "inbox/session.hpp"
#include "ports/mutants.hpp"
#include "simulation/world/consumer_parts.hpp"
#include "simulation/world/handlers.hpp"

namespace sim {

namespace inbox = holdfast::inbox;

inbox::Policy policy_of(const World& w, const ports::Receiver& receiver) {
  inbox::Policy p;
  p.consumer = "c", p.queue = work_queue;
  p.ordering = w.setup.ordering, p.after_dead = w.setup.after_dead;
  p.retry.delays = {Millis(40), Millis(120)};
  p.crash_limit_alone = 6;
  p.retry.via = w.setup.via_broker ? holdfast::RetryVia::broker : holdfast::RetryVia::database;
  p.batch = w.setup.batch;
  p.limits.envelope = most_of_an_envelope;
  if (receiver.traits().delay_queues)
    p.wait_queue = [&receiver](Millis delay) { return receiver.destination_after(delay); };
  p.dead_letter_queue = receiver.dead_letter_destination();
  return p;
}

ReceiverSetup receiver_setup(const World& w) {
  ReceiverSetup setup{work_queue, dead_letters, "", {}};
  if (w.setup.via_broker) setup.wait_prefix = wait_prefix, setup.delays = {Millis(40), Millis(120)};
  return setup;
}

namespace {

class ConsumerProcess {
 public:
  ConsumerProcess(World& w, int number, std::shared_ptr<Stop> stop)
      : w_(w),
        stop_(std::move(stop)),
        number_(number),
        name_("consumer" + std::to_string(number)),
        owner_(name_ + "/" + std::to_string(++w.incarnations)),
        store_(w.consumer, "c"),
        handlers_(handlers_of(w, number)),
        opened_(w.broker.receiver(receiver_setup(w))),
        receiver_(*opened_),
        consumer_(
            {store_, w.clock, handlers_, policy_of(w, receiver_), [&w] { return w.scheduler.random.fraction(); }}),
        jobs_(static_cast<std::size_t>(w.setup.lanes)) {
    w_.running[number_].clear();
    w_.consumer.living.insert(owner_);
    stop_->wake = [this] { receiver_.wake(); };
  }
  ~ConsumerProcess() {
    stop_->wake = [] {}, w_.prunable[number_] = false;
    w_.consumer.living.erase(owner_);
  }

  void consume_thread() {
    const auto clean = open();
    if (!clean) return;
    session_ = std::make_unique<inbox::Session>(options(), *clean);
    carry_out(session_->start(now()));
    for (bool told = false;;) {
      read_mail();
      if (stop_->asked && !told) told = true, carry_out(session_->stop(now()));
      if (finished_) return;
      auto until = now() + Millis(1000);
      if (const auto next = session_->next(); next && *next <= now()) carry_out(session_->tick(now()));
      if (const auto next = session_->next()) until = std::min(until, *next);
      if (receiving_) pump(until);
      else w_.scheduler.wait([&] { return !mail_.empty() || (stop_->asked && !told); }, time_of(until));
      w_.prunable[number_] = session_->prunable(now()), w_.empty[number_] = session_->queue_empty();
    }
  }
  void lane_thread(std::size_t lane) {
    for (;;) {
      w_.scheduler.wait([&] { return jobs_[lane].has_value(); });
      const Job job = *std::move(jobs_[lane]);
      jobs_[lane].reset();
      ++at_work_;
      watch(job, true);
      inbox::Report report =
          std::holds_alternative<inbox::RunBatch>(job)
              ? consumer_.run_batch(std::get<inbox::RunBatch>(job).batch, std::get<inbox::RunBatch>(job).how)
              : consumer_.run_deferred(std::get<inbox::RunDeferred>(job).due, std::get<inbox::RunDeferred>(job).how);
      watch(job, false);
      --at_work_;
      put(Settled{static_cast<int>(lane), std::move(report)});
    }
  }
  void due_thread() {
    for (;;) {
      w_.scheduler.wait([this] { return look_for_.has_value(); });
      const auto query = *std::exchange(look_for_, std::nullopt);
      std::optional<std::vector<ports::Due>> due;
      try {
        due = store_.due(query);
      } catch (const holdfast::Error&) { due.reset(); }
      if (due) put(std::move(*due));
      else put(StoreDown{});
    }
  }

 private:
  using Job = std::variant<inbox::RunBatch, inbox::RunDeferred>;
  struct Settled {
    int lane;
    inbox::Report report;
  };
  struct StoreDown {};
  using Letter = std::variant<Settled, std::vector<ports::Due>, StoreDown>;

  ports::Tick now() const { return w_.clock.steady(); }
  void put(Letter letter) {
    mail_.push_back(std::move(letter));
    receiver_.wake();
  }

  inbox::SessionOptions options() const {
    inbox::SessionOptions o;
    o.lanes = w_.setup.lanes, o.batch = w_.setup.batch,
    o.by_key = w_.setup.by_key() || holdfast::mutant("key_without_order_waits");
    o.most_prefetch = 12, o.due_limit = 6;
    o.look_every = Millis(60), o.store_closes = Millis(400), o.quiet = w_.consumer.recently * 5 / 6;
    o.store = {Millis(20), Millis(200)}, o.pause = {Millis(40), Millis(300)};
    o.guard.prefetch_after_crash = 2, o.guard.alone_after = Millis(200), o.guard.restart = {Millis(30), Millis(500)};
    return o;
  }
  std::optional<bool> open() {
    for (; !stop_->asked; w_.scheduler.sleep(50)) {
      std::optional<bool> clean;
      try {
        clean = store_.open_instance({.name = "consumer", .owner = owner_, .queue = work_queue});
      } catch (const holdfast::Error&) { clean.reset(); }
      if (clean) w_.judge.begins(w_.consumer.consumers.at("c"), store_.instance());
      if (clean) return clean;
    }
    return {};
  }
  void pump(ports::Tick until) {
    ports::Received got;
    receiver_.pump(until, got);
    w_.show(got.problem);
    inbox::Arrived arrived{got.connected, got.empty, got.ended, {}};
    for (const auto session : got.ended) over_.insert(session);
    for (auto& delivery : got.deliveries) {
      delivered_[{delivery.session, delivery.tag}] = delivery;
      if (const Subject* x = w_.judge.subject(delivery.body))
        w_.history.note(name_, "receives event {} ({}:{}{})", x->number, delivery.session, delivery.tag,
                        delivery.redelivered ? " redelivered" : "");
      arrived.arrivals.push_back(consumer_.arrive(std::move(delivery)));
    }
    carry_out(session_->received(now(), std::move(arrived)));
  }
  void read_mail() {
    while (!mail_.empty()) {
      Letter letter = std::move(mail_.front());
      mail_.pop_front();
      if (auto* s = std::get_if<Settled>(&letter)) carry_out(session_->settled(now(), s->lane, s->report));
      else if (auto* due = std::get_if<std::vector<ports::Due>>(&letter))
        carry_out(session_->due(now(), std::move(*due)));
      else carry_out(session_->store_down(now()));
    }
  }

  void carry_out(inbox::Actions actions) {
    for (auto& action : actions) {
      if (w_.history.on()) {
        std::ostringstream text;
        text << action;
        w_.history.note(name_, "{}", text.str());
      }
      std::visit([this](auto& a) { act(a); }, action);
    }
  }
  void act(inbox::RunBatch& run) { jobs_[static_cast<std::size_t>(run.lane)] = std::move(run); }
  void act(inbox::RunDeferred& run) { jobs_[static_cast<std::size_t>(run.lane)] = std::move(run); }
  void act(inbox::Ack& ack) {
    for (const auto& position : ack.settled) {
      const auto it = delivered_.find(position);
      if (it == delivered_.end() || over_.contains(position.session)) {
        w_.judge.breach("G1", fmt::format("{} acknowledges {}:{}, which it did not get in that session", name_,
                                          position.session, position.tag));
        continue;
      }
      w_.judge.acknowledged(it->second, w_.consumer.consumers.at("c"));
      delivered_.erase(it);
    }
    receiver_.ack(ack.settled);
  }
  void act(inbox::Credit& credit) { receiver_.credit(credit.most_unacked); }
  void act(inbox::Connect&) { receiving_ = true; }
  void act(inbox::Disconnect&) {
    receiver_.disconnect();
    receiving_ = false;
  }
  void act(inbox::LookForDue& look) { look_for_ = look.query; }
  void act(inbox::Finished&) {
    finished_ = true;
    if (at_work_ > 0 || std::ranges::any_of(jobs_, [](const auto& job) { return job.has_value(); }))
      w_.judge.breach("G6", name_ + " stopped in good order while an event was running");
    receiver_.disconnect();
    try {
      store_.close_instance();
      if (!store_.lost_its_name()) w_.judge.stopped(w_.consumer.consumers.at("c"), store_.instance());
    } catch (const holdfast::Error&) {  // then the next start is careful, and what could not be taken back stays
      w_.judge.stopped_away(w_.consumer.consumers.at("c"), store_.instance());
    }
  }

  /// Which events the process would die with.
  void watch(const Job& job, bool begins) {
    const auto mark = [&](const EventId& id) {
      if (begins) w_.running[number_].insert(id);
      else w_.running[number_].erase(id);
    };
    const auto* run = std::get_if<inbox::RunBatch>(&job);
    if (!run) mark(std::get<inbox::RunDeferred>(job).due.id);
    else if (run->batch.size() == 1) mark(run->batch.front().guard);  // who shares a batch has no start of his own
  }

  World& w_;
  const std::shared_ptr<Stop> stop_;
  int number_;
  std::string name_, owner_;
  SimInboxStore store_;
  inbox::Handlers handlers_;
  const std::unique_ptr<ports::Receiver> opened_;
  ports::Receiver& receiver_;
  inbox::Consumer consumer_;
  std::unique_ptr<inbox::Session> session_;
  std::vector<std::optional<Job>> jobs_;
  std::deque<Letter> mail_;
  std::optional<ports::DueQuery> look_for_;
  int at_work_ = 0;
  bool receiving_ = false, finished_ = false;
  std::map<ports::Position, ports::Delivery> delivered_;
  std::set<std::uint64_t> over_;
};

}  // namespace

std::function<void()> consumer_main(World& w, int number) {
  return [&w, number] {
    const auto stop = w.stoppable(), relay = std::make_shared<Stop>();
    const auto process = std::make_shared<ConsumerProcess>(w, number, stop);
    for (int lane = 0; lane < w.setup.lanes; ++lane)
      w.scheduler.spawn([process, lane] { process->lane_thread(static_cast<std::size_t>(lane)); });
    w.scheduler.spawn([process] { process->due_thread(); });
    if (w.setup.publishes()) w.scheduler.spawn(relay_main(w, w.consumer, "relay of c" + std::to_string(number), relay));
    process->consume_thread();
    if (w.setup.publishes()) relay->ask(), w.scheduler.wait([&] { return relay->over; });
    w.ended();
  };
}

}  // namespace sim

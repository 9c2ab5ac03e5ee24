// A relay as the host drives it: the relay thread and the outbox I/O thread.
#include <deque>

#include "outbox/sender.hpp"
#include "outbox/store_commands.hpp"
#include "simulation/world/world.hpp"

namespace sim {

namespace outbox = holdfast::outbox;

namespace {

class RelayProcess {
 public:
  RelayProcess(World& w, Database& database, const std::string& name, std::shared_ptr<Stop> stop)
      : w_(w),
        stop_(std::move(stop)),
        database_(database),
        name_(name),
        store_(database),
        relay_(options(), ports::Random(w.scheduler.random.next())),
        sender_(relay_, [this] { return open(); }, w.clock) {
    store_.on_mark = [this](const ports::RowRef& row) { w_.judge.marked(database_, row); };
    store_.on_refuse = [this](const ports::OutboxRow& row) { w_.judge.refused(row); };
    store_.owner_lives = [&w](const std::string& owner) { return !w.setup.pauses || w.live_owners.contains(owner); };
    stop_->wake = [this] { sender_.wake(); };
    w_.live_owners.insert(owner_);
  }
  ~RelayProcess() {
    stop_->wake = [] {}, w_.live_owners.erase(owner_);
  }

  void relay_thread() {
    for (bool told = false;;) {
      if (stop_->asked && !told) relay_.stop(), told = true;
      while (!answers_.empty()) {
        auto answer = std::move(answers_.front());
        answers_.pop_front();
        relay_.answered(w_.clock.steady(), std::move(answer));
      }
      if (w_.chance(.05)) relay_.wake();
      for (auto& action : relay_.step(w_.clock.steady())) perform(action);
      if (relay_.stopped()) return w_.judge.stopped(database_, confirmed_);
      if (sender_.pump(relay_.next_tick())) continue;
      w_.scheduler.wait([&] { return !answers_.empty() || (stop_->asked && !told); }, time_of(relay_.next_tick()));
    }
  }
  void io_thread() {
    for (;;) {
      w_.scheduler.wait([this] { return !commands_.empty(); });
      const auto command = std::move(commands_.front());
      commands_.pop_front();
      answers_.push_back(outbox::run(command, store_));
      sender_.wake();
    }
  }

 private:
  outbox::RelayOptions options() {
    outbox::RelayOptions o;
    o.owner = owner_ = name_ + "/" + std::to_string(++w_.incarnations);
    o.window = w_.setup.window;
    o.rows_of_a_key = 3, o.refill_below = 2, o.windows_buffered = 3, o.mark_batch = 3, o.mark_every = Millis(5);
    o.confirm_timeout = Millis(400);
    o.nacked = {Millis(10), Millis(100)}, o.returned = {Millis(60), Millis(400)}, o.refused_look = Millis(150);
    o.reconnect = {Millis(10), Millis(100)}, o.setup_wait = Millis(100), o.store_away = {Millis(10), Millis(100)};
    o.poll = {Millis(10), Millis(250)};
    o.lease_ttl = Millis(500), o.lease_renew = Millis(200);
    return o;
  }
  void perform(outbox::Action& action) {
    w_.history.note(name_, "{}", w_.history.on() ? outbox::to_string(action) : "");
    if (auto* command = std::get_if<outbox::StoreCommand>(&action)) return commands_.push_back(std::move(*command));
    if (const auto* publish = std::get_if<outbox::Publish>(&action))
      rows_[publish->token] = {publish->seq, relay_.event(publish->token).id};
    if (const auto* session = std::get_if<outbox::OpenSession>(&action)) opening_ = static_cast<int>(session->session);
    sender_.perform(action);
  }
  std::unique_ptr<ports::Publisher> open() {
    auto publisher = std::make_unique<SimPublisher>(w_.broker);
    auto& session = in_session_[opening_];
    session.clear();
    publisher->refuses = [this](const ports::OutgoingEvent& event) {
      const Subject* x = w_.judge.subject(event.envelope);
      return x && x->unencodable && !w_.fixed;
    };
    publisher->on_accept = [this, &session](const ports::Publication& publication) {
      const ports::RowRef row = rows_[publication.token];
      w_.judge.offered(database_, row.seq, *publication.event, session);
      session.insert(row.seq);
    };
    publisher->on_result = [this, &session](const ports::PublishResult& result) {
      const ports::RowRef row = rows_[result.token];
      w_.history.note(name_, "row {}: {}", row.seq, outcome(result.outcome));
      if (result.outcome == ports::Outcome::confirmed) w_.judge.confirmed(database_, row), confirmed_.insert(row);
      else session.erase(row.seq);
    };
    return publisher;
  }
  static const char* outcome(ports::Outcome o) {
    constexpr const char* names[] = {"confirmed", "nacked", "returned", "refused", "unknown"};
    return names[static_cast<int>(o)];
  }

  World& w_;
  const std::shared_ptr<Stop> stop_;
  Database& database_;
  std::string name_, owner_;
  SimOutboxStore store_;
  outbox::Relay relay_;
  outbox::Sender sender_;
  std::deque<outbox::StoreCommand> commands_;
  std::deque<outbox::StoreAnswer> answers_;
  std::map<outbox::Token, ports::RowRef> rows_;
  std::set<ports::Seq> in_session_[2];
  std::set<ports::RowRef> confirmed_;  // in this life
  int opening_ = 0;
};

}  // namespace

std::function<void()> relay_main(World& w, Database& database, std::string name, std::shared_ptr<Stop> part_of) {
  return [&w, &database, name = std::move(name), part_of = std::move(part_of)] {
    const auto stop = part_of ? part_of : w.stoppable();
    const auto process = std::make_shared<RelayProcess>(w, database, name, stop);
    w.scheduler.spawn([process] { process->io_thread(); });
    process->relay_thread();
    stop->over = true;
    if (!part_of) w.ended();
  };
}

}  // namespace sim

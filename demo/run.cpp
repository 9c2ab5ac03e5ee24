#include "demo/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <future>
#include <holdfast/connect.hpp>
#include <holdfast/errors.hpp>
#include <thread>

#include "demo/account.hpp"
#include "demo/faults.hpp"
#include "demo/folder.hpp"
#include "demo/orders.hpp"
#include "demo/private_servers.hpp"
#include "demo/table.hpp"
#include "http/client.hpp"
#include "ports/store_base.hpp"
#include "ports/transport_base.hpp"

namespace holdfast::demo {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int connections = 16, deliveries_twice = 50, overtakes = 20;
constexpr auto bus_away = 5s, binding_away = 4s, patience = 120s;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

class Progress {  // on stderr: one line that is rewritten on a terminal, plain lines elsewhere
 public:
  void step(const std::string& what) const {
    std::fprintf(stderr, "%s  %5.1f s  %s\n", terminal_ ? "\r\033[K" : "", seconds_since(start_), what.c_str());
  }
  void placed(int n, int of) const {
    if (terminal_ && n % 10 == 0)
      std::fprintf(stderr, "\r\033[K  %5.1f s  %d of %d orders placed", seconds_since(start_), n, of);
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  Clock::time_point start_ = Clock::now();
};

/// holdfast_consumer_duplicates_total of a program, once it stands still.
std::int64_t duplicates_counted(const std::string& url) {
  const auto ask = [&] {
    const auto text = http::Client(url).get("/metrics").body;
    double sum = 0;
    constexpr std::string_view name = "\nholdfast_consumer_duplicates_total{";
    for (auto at = text.find(name); at != text.npos; at = text.find(name, at + 1))
      sum += std::stod(text.substr(text.find("} ", at) + 2));
    return static_cast<std::int64_t>(sum);
  };
  for (auto last = ask();;) {
    std::this_thread::sleep_for(100ms);
    if (const auto now = ask(); std::exchange(last, now) == now) return now;
  }
}

std::unique_ptr<PrivateServers> servers_in(const Folder& folder, Broker broker) {
  folder.require_empty();
  if (broker == Broker::file) return nullptr;
  std::fprintf(stderr, "         starting PostgreSQL and %s\n", name_of(broker));
  folder.let_others_pass();
  return std::make_unique<PrivateServers>(folder.path(), broker);
}

int report(const Layout& layout, const Deeds& deeds, bool json) {
  const Account account = take_account(layout, deeds);
  std::fputs(("\n" + (json ? as_json(account, deeds) : as_text(account, deeds))).c_str() + (json ? 1 : 0), stdout);
  return account.nothing_lost() ? 0 : 1;
}

class Demo {
 public:
  explicit Demo(const Options& options)
      : options_(options),
        folder_(options.state, "holdfast-demo"),
        servers_(servers_in(folder_, options.broker)),
        system_(servers_ ? servers_->layout() : Layout{folder_.path()}, options.programs, false),
        orders_(draw_orders(options.orders, options.seed)) {
    deeds_.rabbitmq = options.broker == Broker::rabbitmq, deeds_.kafka = options.broker == Broker::kafka;
  }

  int run() {
    progress_.step("starting order, inventory and payment in " + layout().folder.string());
    system_.start();
    if (servers_) servers_->settle();
    stock_the_shelves();
    const auto start = Clock::now();
    const auto at = [&](double share) {
      return orders_.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(orders_.size()));
    };
    place({at(0), at(.3)}, "a", [this] { kill_inventory(); });
    deeds_.twice = deliver_twice(layout(), deliveries_twice);
    progress_.step(fmt::format("{} events delivered once more, to two consumers", deeds_.twice.size()));
    place({at(.3), at(.6)}, "b", [this] { poison(); });
    place({at(.6), at(rabbit() ? .8 : 1)}, "c", [this] { take_broker_away_for_a_while(); });
    if (rabbit()) place_without_binding({at(.8), at(1)});
    overtake();
    settle(start);
    return close();
  }

 private:
  const Layout& layout() const { return system_.layout(); }

  void stock_the_shelves() {
    http::Client inventory(system_.http(Part::inventory));
    const auto put = [&](std::int64_t product, std::int64_t amount) {
      deeds_.stock[std::to_string(product)] = amount;
      const auto answer =
          inventory.put("/stock/" + std::to_string(product), "{\"onHand\":" + std::to_string(amount) + "}");
      if (answer.status != 200) throw Unavailable("inventory would not take stock: " + answer.body);
    };
    for (const auto product : plenty) put(product, plenty_on_hand);
    put(scarce, scarce_on_hand(orders_));
  }

  /// Places some orders; in the middle of it something happens. It happens on this thread: a child dies with the thread that
  /// started it.
  void place(const std::vector<Order>& orders, const std::string& run, const std::function<void()>& happening) {
    const auto middle = std::max<int>(1, static_cast<int>(orders.size() / 2));
    std::atomic<bool> in_the_middle = false;
    const auto tell = [&] { in_the_middle = true, in_the_middle.notify_all(); };
    auto placing = std::async(std::launch::async, [&] {
      const std::shared_ptr<void> at_the_end(nullptr, [&](void*) { tell(); });
      return demo::place(system_.http(Part::order), orders, run, connections, [&](int n) {
        progress_.placed(placed_ + n, options_.orders);
        if (n >= middle) tell();
      });
    });
    in_the_middle.wait(false);
    happening();
    const auto answered = placing.get();
    deeds_.answered.insert(deeds_.answered.end(), answered.begin(), answered.end());
    placed_ += static_cast<int>(orders.size());
  }

  servers::Rabbit* rabbit() const { return servers_ ? servers_->rabbit() : nullptr; }

  void kill_inventory() {
    deeds_.killed_in_flight = demo::kill_inventory(system_, rabbit());
    const auto killed = Clock::now();
    system_.start(Part::inventory);
    deeds_.back_after = seconds_since(killed);
    progress_.step(fmt::format("inventory killed with {} events in its hands; back after {:.1f} s",
                               deeds_.killed_in_flight, deeds_.back_after));
  }

  void poison() {
    deeds_.poison = publish_poison(layout());
    progress_.step("3 poison events published, to two consumers");
  }

  void take_broker_away_for_a_while() {
    const char* const it = servers_ ? "broker" : "bus";
    progress_.step(fmt::format("{} taken away for 5 s; orders go on", it));
    deeds_.away = servers_ ? take_broker_away(*servers_, bus_away) : take_bus_away(layout(), bus_away);
    const auto back = Clock::now();
    wait_until_sent(layout(), Part::order, patience);
    deeds_.caught_up_after = seconds_since(back);
    progress_.step(fmt::format("{} back; order's backlog gone after {:.1f} s", it, deeds_.caught_up_after));
  }

  void place_without_binding(const std::vector<Order>& orders) {
    const auto removed = Clock::now();
    remove_binding(*rabbit(), order_queue, stock_reserved);
    progress_.step("binding of stock.reserved removed; orders go on");
    place(orders, "d", [&] {
      std::this_thread::sleep_for(binding_away);
      for (const auto end = removed + 5 * binding_away; Clock::now() < end; std::this_thread::sleep_for(100ms))
        if (was_returned(layout(), Part::inventory, "stock.reserved.v1")) break;
      declare_queues(layout());
      deeds_.unbound = seconds_since(removed);
      const auto back = Clock::now();
      wait_until_sent(layout(), Part::inventory, patience);
      deeds_.flowed_after = seconds_since(back);
      progress_.step(fmt::format("binding back; what was returned went on after {:.1f} s", deeds_.flowed_after));
    });
  }

  void overtake() {
    for (const auto end = Clock::now() + patience; !is_empty(inventory_queue) && Clock::now() < end;)
      std::this_thread::sleep_for(20ms);
    note_absorbed(Part::inventory);  // its program counts, and is about to be killed
    system_.process(Part::inventory).signal(SIGKILL);
    system_.process(Part::inventory).wait();
    deeds_.overtaken = let_cancelled_overtake(system_, overtakes);
    deeds_.answered.insert(deeds_.answered.end(), deeds_.overtaken.begin(), deeds_.overtaken.end());
    system_.start(Part::inventory);
    progress_.step(fmt::format("{} declined cards while inventory was down{}", deeds_.overtaken.size(),
                               deeds_.kafka ? "" : "; their cancellations put first in its queue by hand"));
  }

  void settle(Clock::time_point start) {
    save_deeds(layout(), deeds_);
    for (const auto end = Clock::now() + patience; Clock::now() < end; std::this_thread::sleep_for(100ms))
      if (take_account(layout(), deeds_).settled() && queues_empty()) break;
    deeds_.settled_after = seconds_since(start);
    for (const Part part : parts) note_absorbed(part);
    save_deeds(layout(), deeds_);
    progress_.step("all has come to rest");
  }

  bool is_empty(const char* queue) const {
    return open_transport(layout().broker()).impl()->topology().depth(queue).ready == 0;
  }
  bool queues_empty() const { return is_empty(inventory_queue) && is_empty(payment_queue) && is_empty(order_queue); }
  void note_absorbed(Part part) { deeds_.absorbed[name_of(part)] += duplicates_counted(system_.http(part)); }

  int close() {
    system_.stop();
    const int code = report(layout(), deeds_, options_.json);
    servers_.reset();
    if (options_.keep || code != 0) say_what_is_kept();
    else folder_.remove();
    return code;
  }
  void say_what_is_kept() const {
    const auto program = (options_.programs / "holdfast").string();
    std::fprintf(stderr, "\n  kept: %s\n  %s demo --check %s\n", layout().folder.c_str(), program.c_str(),
                 layout().folder.c_str());
    if (!deeds_.rabbitmq && !deeds_.kafka)  // else its server has ended
      std::fprintf(stderr, "  %s --database %s dlq list\n", program.c_str(),
                   layout().database(Part::inventory).c_str());
  }

  Options options_;
  Folder folder_;
  std::unique_ptr<PrivateServers> servers_;
  System system_;
  std::vector<Order> orders_;
  Deeds deeds_;
  Progress progress_;
  int placed_ = 0;
};

}  // namespace

int run(const Options& options) { return Demo(options).run(); }

int check(const std::string& folder, bool json) {
  Layout layout{folder};
  const Deeds deeds = load_deeds(layout);
  std::optional<servers::Postgres> server;
  if (std::filesystem::exists(layout.postgres_data())) {
    server.emplace(servers::Postgres::Options{.folder = layout.postgres_data()});
    layout = layout_on(folder, *server);
  }
  return report(layout, deeds, json);
}

}  // namespace holdfast::demo

#include "demo/orders.hpp"

#include <chrono>
#include <holdfast/contract.hpp>
#include <holdfast/errors.hpp>
#include <random>
#include <thread>

#include "http/client.hpp"

namespace holdfast::demo {
namespace {

struct Line {
  std::int64_t productId = 0, qty = 0;
};
struct Body {
  std::int64_t customerId = 0;
  Money totalAmount;
  std::string currency;
  std::vector<Line> items;
};

struct Answer {
  std::int64_t id = 0;
};

std::int64_t place_one(http::Client& client, const Order& order, const std::string& key) {
  using namespace std::chrono_literals;
  for (;;) try {
      const auto answer =
          client.post("/orders", body_of(order), {{"idempotency-key", key}, {"content-type", "application/json"}});
      if (answer.status == 201) return Codec<Answer>::decode(answer.body).id;
      if (answer.status != 503)
        throw Error("POST /orders answered " + std::to_string(answer.status) + ": " + answer.body);
      std::this_thread::sleep_for(50ms);
    } catch (const Unavailable&) {
      std::this_thread::sleep_for(50ms);  // the same key again: placed once, whatever became of the first try
    }
}

}  // namespace

std::vector<Order> draw_orders(int count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::vector<Order> orders;
  for (int i = 0; i < count; ++i) {
    const int kind = below(100);
    Order order{plenty[below(2)], 1 + below(3), Money::from_units(100 * (100 + below(2900)))};
    if (kind < 3) order.amount += Money::from_units(2);
    else if (kind < 8) order.amount += Money::from_units(7);
    else if (kind < 14) order.product = scarce;
    else if (kind < 15) order.product = unknown;
    else if (kind < 40) order.amount += Money::from_units(50);
    orders.push_back(order);
  }
  if (count >= 100) orders[static_cast<std::size_t>(count) / 3] = {plenty[0], 1, Money::parse("250.09")};
  return orders;
}

std::int64_t scarce_on_hand(const std::vector<Order>& orders) {
  std::int64_t wanted = 0;
  for (const auto& order : orders)
    if (order.product == scarce) wanted += order.qty;
  return wanted / 2;
}

std::string body_of(const Order& order) {
  return Codec<Body>::encode({77, order.amount, "INR", {{order.product, order.qty}}});
}

/// Each order once, by whichever connection is free; the first failure ends all.
std::vector<std::int64_t> place(const std::string& order_url, const std::vector<Order>& orders, const std::string& run,
                                int connections, const std::function<void(int placed)>& progress) {
  std::atomic<int> placed = 0;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  std::exception_ptr why;
  std::vector<std::int64_t> answered(orders.size());
  std::vector<std::jthread> threads;
  threads.reserve(static_cast<std::size_t>(connections));
  for (int c = 0; c < connections; ++c)
    threads.emplace_back([&] {
      try {
        http::Client client(order_url);
        for (std::size_t i = next++; i < orders.size() && !failed; i = next++) {
          answered[i] = place_one(client, orders[i], run + "-" + std::to_string(i));
          progress(++placed);
        }
      } catch (...) {
        if (!failed.exchange(true)) why = std::current_exception();
      }
    });
  threads.clear();
  if (failed) std::rethrow_exception(why);
  return answered;
}

}  // namespace holdfast::demo

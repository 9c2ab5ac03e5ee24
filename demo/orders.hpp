// The orders of a run: what each one wants and how it should end, drawn from a seed; and placing them over HTTP.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <holdfast/decimal.hpp>
#include <string>
#include <vector>

namespace holdfast::demo {

inline constexpr std::int64_t plenty[] = {101, 205}, scarce = 303, unknown = 999;
inline constexpr std::int64_t plenty_on_hand = 1'000'000;

struct Order {
  std::int64_t product = 0, qty = 1;
  Money amount;
};

/// Most are plain; some meet an empty shelf, an unknown product, a declined card (*.02), a gateway that fails (*.07) or refuses (*.09).
std::vector<Order> draw_orders(int count, std::uint64_t seed);
/// So few are there of the scarce product that some of its orders must go without.
std::int64_t scarce_on_hand(const std::vector<Order>& orders);

std::string body_of(const Order& order);

/// Places all of them through `connections` keep-alive connections. Each has an Idempotency-Key and is sent again until it is
/// answered 201. progress(n) is called with the number placed, from any of the threads. Returns the numbers that the answers told.
std::vector<std::int64_t> place(const std::string& order_url, const std::vector<Order>& orders, const std::string& run,
                                int connections, const std::function<void(int placed)>& progress);

}  // namespace holdfast::demo

// Inventory's database with what is set aside in it, and the command that looks at it and acts on it.
#pragma once
#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::program_test {

using Json = detail::JsonValue;

struct DeferredCommand : Programs {
  DeferredCommand() {
    declare_queues();
    auto inventory = start("inventory");
    EXPECT_EQ(inventory.http.put("/stock/101", R"({"onHand":100})").status, 200);
    EXPECT_EQ(inventory.stop(), 0);
  }
  EventId dead(std::int64_t order, std::int64_t qty = 1) const {
    return set_aside(url("inventory.db"), "inventory", created(order, qty));
  }
  static shop::OrderCreated created(std::int64_t order, std::int64_t qty = 1) {
    return {order, 77, Money::parse("10.00"), "INR", {{101, qty}}};
  }
  Ran inventory(Words words) const { return on("inventory", std::move(words)); }
  std::string fate(const EventId& id) const { return fate_of(url("inventory.db"), "inventory", id); }
  std::vector<Json> rows(Words words) const {
    words.insert(words.begin(), "--json");
    return Json::parse(inventory(std::move(words)).out).elements();
  }
  /// The service runs until all is settled, and once more: what it took from the shelf.
  std::int64_t taken_after(const std::vector<EventId>& ids) const {
    auto service = start("inventory");
    for (const auto& id : ids)
      EXPECT_TRUE(eventually([&] { return fate(id) == "handled"; })) << id.to_string() << fate(id);
    EXPECT_EQ(service.stop(), 0);
    auto again = start("inventory");
    return 100 - on_hand(again.http, 101);
  }
};

}  // namespace holdfast::program_test

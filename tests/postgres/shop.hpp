// The three services on PostgreSQL with real orders, whatever is killed in the middle; then the books are compared.
#pragma once
#include <atomic>
#include <csignal>
#include <map>
#include <thread>

#include "demo/orders.hpp"
#include "integration/service/programs.hpp"
#include "postgres_server/databases.hpp"

namespace holdfast::pg_test {

/// Fixture: the programs on three databases, and one bus.
class Shop : public program_test::Programs {
 protected:
  struct Part {
    const char* name;
    const Database* database;
    std::optional<program_test::Service> service = {};
  };

  /// All queues are there before the first order comes in.
  void start_all() {
    for (Part* part : parts) start(*part);
  }
  void start(Part& part) {
    program_test::Words words{"--database-url", part.database->url(), "--broker-url", broker};
    if (part.service) words.insert(words.end(), {"--http-listen", part.service->url.substr(std::strlen("http://"))});
    part.service.emplace(Programs::start(part.name, words));
  }
  /// By SIGKILL; back on the same port.
  void kill(Part& part) {
    part.service->kill();
    start(part);
  }
  void set_stock(std::int64_t product, std::int64_t on_hand) {
    const std::string target = "/stock/" + std::to_string(product);
    EXPECT_EQ(inventory.service->http.put(target, "{\"onHand\":" + std::to_string(on_hand) + "}").status, 200);
    stock[product] = on_hand;
  }
  bool settled() const {
    if (orders.sql("SELECT count(*) FROM orders WHERE status = 'pending'") != "0") return false;
    for (const Database* one : {&orders, &shelves, &payments})
      if (one->sql("SELECT (SELECT count(*) FROM holdfast.outbox) + (SELECT count(*) FROM holdfast.deferred)") != "0")
        return false;
    // What was published is handled by whoever follows it: nothing is on its way.
    const auto published = [](const Database& by, const std::string& types) {
      return by.sql("SELECT count(DISTINCT id) FROM holdfast.outbox_published WHERE type ~ '" + types + "'");
    };
    const auto handled = [](const Database& by) { return by.sql("SELECT count(*) FROM holdfast.processed_events"); };
    const std::string of_orders = published(orders, "^order.(created|cancelled)");
    return handled(shelves) == of_orders && handled(payments) == of_orders &&
           std::stoi(handled(orders)) ==
               std::stoi(published(shelves, "^stock.")) + std::stoi(published(payments, "^payment.(charged|declined)"));
  }
  void expect_books_to_agree(std::size_t placed) {
    EXPECT_EQ(
        orders.sql("SELECT count(*), count(*) FILTER (WHERE status NOT IN ('confirmed', 'cancelled')) FROM orders"),
        std::to_string(placed) + "|0");
    for (const auto& [product, before] : stock) {
      const std::string taken = orders.sql(
          "SELECT coalesce(sum((item ->> 'qty')::int), 0) FROM orders, json_array_elements(items::json) AS item"
          " WHERE status = 'confirmed' AND item ->> 'productId' = '" +
          std::to_string(product) + "'");
      EXPECT_EQ(program_test::on_hand(inventory.service->http, product), before - std::stoll(taken)) << product;
    }
    const auto ledger = open_store(url("ledger.db"));
    Money kept;
    Store(ledger).transact([&](Transaction& tx) {
      for (const auto& amount : tx.query<Money>("SELECT amount FROM ledger WHERE outcome = 'charged' AND refunded = 0"))
        kept += amount;
    });
    EXPECT_EQ(kept.to_string(),
              orders.sql("SELECT sum(total_amount::numeric)::numeric(18,2) FROM orders WHERE status = 'confirmed'"));
    for (const Database* one : {&orders, &shelves, &payments})
      EXPECT_EQ(one->sql("SELECT count(*) FROM holdfast.inbox WHERE state <> 'handled'"), "0");
  }

  /// Orders come in, and after each fifteen of them the next of these happens; then nothing is lost and nothing was done twice.
  void expect_to_survive(const std::vector<std::function<void()>>& blows) {
    const auto wanted = demo::draw_orders(99, 7);  // from 100 on one is refused for 10 s
    for (const auto product : demo::plenty) set_stock(product, demo::plenty_on_hand);
    set_stock(demo::scarce, demo::scarce_on_hand(wanted));
    std::atomic<int> placed = 0;
    std::jthread customers([&, to = order.service->url] {
      demo::place(to, wanted, "run", 4, [&](int n) { placed = std::max(placed.load(), n); });
    });
    int after = 0;
    for (const auto& blow : blows) {
      after += 15;
      ASSERT_TRUE(program_test::eventually([&] { return placed >= after; }));
      blow();
    }
    customers.join();
    for (int tries = 0; tries < 4 && !settled(); ++tries) (void)program_test::eventually([this] { return settled(); });
    EXPECT_TRUE(settled());
    expect_books_to_agree(wanted.size());
    for (Part* part : parts) EXPECT_EQ(part->service->stop(), 0);
  }

  std::string broker = url("bus.db");
  const Database orders, shelves, payments;
  Part order{"order", &orders}, inventory{"inventory", &shelves}, payment{"payment", &payments};
  Part* const parts[3] = {&order, &inventory, &payment};
  std::map<std::int64_t, std::int64_t> stock;
};

}  // namespace holdfast::pg_test

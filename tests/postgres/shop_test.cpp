// G1 to G3 on PostgreSQL: the three services, real orders, everything killed once in the middle; then the books are compared.
#include <atomic>
#include <csignal>
#include <map>
#include <set>

#include "demo/orders.hpp"
#include "integration/service/programs.hpp"
#include "postgres_server/databases.hpp"

namespace holdfast::pg_test {
namespace {

using program_test::eventually;
using program_test::Service;
using program_test::Words;

class PostgresShop : public program_test::Programs {
 protected:
  struct Part {
    const char* name;
    const Database* database;
    std::optional<Service> service = {};
  };

  void start(Part& part) {
    Words words{"--database-url", part.database->url()};
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

  const Database orders, shelves, payments;
  Part order{"order", &orders}, inventory{"inventory", &shelves}, payment{"payment", &payments};
  std::map<std::int64_t, std::int64_t> stock;
};

TEST_F(PostgresShop, TheBooksAgreeWhateverIsKilled) {
  const auto wanted = demo::draw_orders(99, 7);  // from 100 on one is refused for 10 s
  declare_queues();
  for (Part* part : {&order, &inventory, &payment}) start(*part);
  for (const auto product : demo::plenty) set_stock(product, demo::plenty_on_hand);
  set_stock(demo::scarce, demo::scarce_on_hand(wanted));

  std::atomic<int> placed = 0;
  std::jthread customers([&, to = order.service->url] {
    demo::place(to, wanted, "run", 4, [&](int n) { placed = std::max(placed.load(), n); });
  });
  const auto after = [&](int so_many) { return eventually([&] { return placed >= so_many; }); };
  ASSERT_TRUE(after(15));
  kill(inventory);
  ASSERT_TRUE(after(30));
  kill(payment);
  ASSERT_TRUE(after(45));
  kill(order);
  ASSERT_TRUE(after(60));
  server().stop(SIGKILL);
  server().start();
  customers.join();
  for (int patience = 0; patience < 4 && !settled(); ++patience) (void)eventually([this] { return settled(); });
  EXPECT_TRUE(settled());
  expect_books_to_agree(wanted.size());
  for (Part* part : {&order, &inventory, &payment}) EXPECT_EQ(part->service->stop(), 0);
}

}  // namespace
}  // namespace holdfast::pg_test

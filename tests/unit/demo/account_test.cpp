// The account sees whatever is missing, too much or altered, and names it. Each case alters one row of a finished run.
#include "demo/account.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "demo/table.hpp"
#include "holdfast/connect.hpp"
#include "inventory/tables.hpp"
#include "order/tables.hpp"
#include "payment/gateway.hpp"
#include "payment/tables.hpp"

namespace holdfast::demo {
namespace {

namespace fs = std::filesystem;

std::string id(int n) { return fmt::format("{:032x}", n); }

/// Order 1 was confirmed, 2 found no stock, 3 a card that was declined, and its cancellation came first at inventory; one poison
/// event is dead at both that got it.
class Finished {
 public:
  explicit Finished(fs::path folder) : layout_{std::move(folder)} {
    fs::create_directories(layout_.folder);
    for (const Part part : parts) store(part).migrate();
    auto order = store(Part::order), inventory = store(Part::inventory), payment = store(Part::payment);
    shop::order::create_tables(order), shop::inventory::create_tables(inventory), shop::payment::create_tables(payment);
    shop::payment::SandboxGateway gateway(layout_.ledger());
    books(), events();
  }

 private:
  Store store(Part part) const { return open_store(layout_.database(part)); }
  void sql(const std::string& url, const std::string& statement) const {
    open_store(url).transact([&](Transaction& tx) { tx.exec(statement); });
  }
  void books() const {
    sql(layout_.database(Part::order),
        "INSERT INTO orders(id, customer_id, total_amount, currency, items, status, reason) VALUES"
        " (1, 77, '100.00', 'INR', '[{\"productId\":101,\"qty\":2}]', 'confirmed', ''),"
        " (2, 77, '50.00', 'INR', '[{\"productId\":303,\"qty\":1}]', 'cancelled', 'stock: out of stock'),"
        " (3, 77, '20.02', 'INR', '[{\"productId\":101,\"qty\":1}]', 'cancelled', 'payment: card declined')");
    sql(layout_.database(Part::inventory), "INSERT INTO stock VALUES (101, 98), (303, 0)");
    sql(layout_.database(Part::inventory),
        "INSERT INTO reservations VALUES (1, 'reserved', '[{\"productId\":101,\"qty\":2}]'), (2, 'rejected', '[]'), "
        "(3, 'cancelled', '[]')");
    sql(layout_.database(Part::payment),
        "INSERT INTO payments VALUES (1, 'charged', '100.00', 'INR', 'a'), (2, 'refunded', '50.00', 'INR', 'b'),"
        " (3, 'declined', '20.02', 'INR', 'c')");
    sql("sqlite:" + layout_.ledger(),
        "INSERT INTO ledger VALUES ('a', 1, '100.00', 'INR', 'charged', 0), ('b', 2, '50.00', 'INR', 'charged', 1),"
        " ('c', 3, '20.02', 'INR', 'declined', 0)");
    sql("sqlite:" + layout_.ledger(), "INSERT INTO tries VALUES ('a', 3, 0)");
  }
  void events() const {
    const std::vector<Part> both{Part::inventory, Part::payment}, order{Part::order};
    sent(Part::order, 1, "order.created.v1", 1, both), sent(Part::order, 2, "order.created.v1", 2, both);
    sent(Part::order, 3, "order.created.v1", 3, both), sent(Part::order, 4, "order.cancelled.v1", 2, both);
    sent(Part::order, 5, "order.cancelled.v1", 3, both), sent(Part::order, 6, "order.confirmed.v1", 1, {});
    sent(Part::inventory, 11, "stock.reserved.v1", 1, order), sent(Part::inventory, 12, "stock.rejected.v1", 2, order);
    sent(Part::payment, 21, "payment.charged.v1", 1, order), sent(Part::payment, 22, "payment.charged.v1", 2, order);
    sent(Part::payment, 23, "payment.declined.v1", 3, order);
    for (const Part part : both) {
      inbox(part, 99, "dead");
      sql(layout_.database(part),
          "INSERT INTO holdfast_deferred(consumer, event_id, key, blocks_key, state, attempts, due_at, reason, error, "
          "type, body,"
          " headers, origin) VALUES ('" +
              name_of(part) + "', '" + id(99) + "', '', 0, 'dead', 1, 0, 'invalid', 'no JSON', 'x', '', '{}', '')");
    }
  }
  void sent(Part part, int n, const std::string& type, int order, const std::vector<Part>& to) const {
    sql(layout_.database(part),
        fmt::format("INSERT INTO holdfast_outbox_published VALUES ({}, '{}', '{}', '{}', 0, 0, '{{}}', "
                    "'{{}}', 0, NULL, 0)",
                    n, id(n), order, type));
    for (const Part consumer : to) inbox(consumer, n, "handled");
  }
  void inbox(Part part, int n, const std::string& state) const {
    sql(layout_.database(part), fmt::format("INSERT INTO holdfast_inbox VALUES ('{}', '{}', '{}', 0, 0, 'h', {})",
                                            name_of(part), id(n), state, n));
  }

  Layout layout_;
};

struct DemoAccount : ::testing::Test {
  static void SetUpTestSuite() {
    std::string pattern = (fs::temp_directory_path() / "holdfast-account-XXXXXX").string();
    root = mkdtemp(pattern.data());
    Finished run(root / "finished");
  }
  static void TearDownTestSuite() { fs::remove_all(root); }
  void SetUp() override {
    deeds.answered = {1, 2, 3}, deeds.overtaken = {3};
    deeds.stock = {{"101", 100}, {"303", 0}};
    deeds.poison = {EventId::parse(id(99))};
    fs::remove_all(layout.folder);
    fs::copy(root / "finished", layout.folder);
  }
  Account account() const { return take_account(layout, deeds); }
  void sql(const std::string& url, const std::string& statement) const {
    open_store(url).transact([&](Transaction& tx) { EXPECT_EQ(tx.exec(statement), 1) << statement; });
  }
  /// Whatever is wrong, in the words of the table.
  static void expect_wrong(const Account& a, const std::string& said) {
    EXPECT_FALSE(a.nothing_lost()) << said;
    std::string all;
    for (const auto* list : {&a.wrong, &a.stock_wrong})
      for (const auto& line : *list) all += line + "\n";
    EXPECT_NE(all.find(said), std::string::npos) << "not: " << said << "\nbut:\n" << all;
  }
  void check(const std::string& url, const std::string& statement, const std::string& said) {
    SetUp();
    sql(url, statement);
    SCOPED_TRACE(statement);
    expect_wrong(account(), said);
  }

  static inline fs::path root;
  const Layout layout{root / "altered"};
  Deeds deeds;
};

TEST_F(DemoAccount, OfAFinishedRunHolds) {
  const auto a = account();
  EXPECT_TRUE(a.nothing_lost()) << as_text(a, deeds);
  EXPECT_EQ((std::vector{a.placed, a.confirmed, a.cancelled, a.no_stock, a.declined, a.open}),
            (std::vector<std::int64_t>{3, 1, 2, 1, 1, 0}));
  EXPECT_EQ((std::vector{a.poison_dead, a.others_dead, a.tombstones, a.tried_charges, a.gateway_retries,
                         a.charged_in_the_end}),
            (std::vector<std::int64_t>{2, 0, 1, 1, 2, 1}));
  EXPECT_EQ(a.kept, Money::parse("100.00"));
  EXPECT_EQ(a.consumers.at(0).published, 6);
  EXPECT_EQ(a.consumers.at(0).handled, 5);
  EXPECT_EQ(a.consumers.at(2).published, 5);
}

TEST_F(DemoAccount, OnlyReads) {
  std::map<std::string, fs::file_time_type> before, after;
  for (const auto& file : fs::directory_iterator(layout.folder)) before[file.path()] = file.last_write_time();
  account();
  for (const auto& file : fs::directory_iterator(layout.folder)) after[file.path()] = file.last_write_time();
  EXPECT_EQ(before, after);
  fs::remove(layout.ledger());
  EXPECT_THROW(account(), Unavailable);
  EXPECT_FALSE(fs::exists(layout.ledger()));
}

TEST_F(DemoAccount, NamesAnOrderThatIsMissingOrTooMuch) {
  const auto order = layout.database(Part::order);
  check(order, "DELETE FROM orders WHERE id = 2", "order 2: it was answered 201 and is not among the orders");
  check(order, "INSERT INTO orders(id, customer_id, total_amount, currency, items) VALUES (4, 7, '1.00', 'INR', '[]')",
        "order 4: it is among the orders and nobody was told of it");
  SetUp();
  deeds.answered = {1, 2, 2, 3};
  expect_wrong(account(), "order 2: two orders were answered with this number");
  check(order, "UPDATE orders SET status = 'cancelled' WHERE id = 1",
        "order 1: it is cancelled, inventory says reserved");
}

TEST_F(DemoAccount, NamesAnEventThatIsMissingOrTooMuch) {
  const auto order = layout.database(Part::order),
             published = std::string("DELETE FROM holdfast_outbox_published WHERE seq = ");
  check(order, published + "1", "order 1: order.created.v1 was published 0 times, not once");
  check(order, published + "6", "order 1: order.confirmed.v1 was published 0 times, not once");
  check(order, published + "4", "order 2: order.cancelled.v1 was published 0 times, not once");
  check(layout.database(Part::inventory), published + "11",
        "event " + id(11) + ": order has it as handled and no outbox tells of it");
  check(layout.database(Part::payment), published + "23",
        "event " + id(23) + ": order has it as handled and no outbox tells of it");
  check(order,
        "INSERT INTO holdfast_outbox_published SELECT 100, '" + id(100) +
            "', key, type, 0, 0, '{}', '{}', 0, NULL, 0 FROM holdfast_outbox_published WHERE seq = 1",
        "order 1: order.created.v1 was published 2 times, not once");
}

TEST_F(DemoAccount, NamesWhatAConsumerLost) {
  for (const Part part : {Part::inventory, Part::payment}) {
    check(layout.database(part), "DELETE FROM holdfast_inbox WHERE event_id = '" + id(3) + "'",
          "event " + id(3) + " (order.created.v1 of 3): " + name_of(part) + " has no row of it");
    EXPECT_EQ(account().consumers.at(part == Part::inventory ? 0 : 1).lost, 1);
  }
  check(layout.database(Part::order), "DELETE FROM holdfast_inbox WHERE event_id = '" + id(21) + "'",
        "event " + id(21) + " (payment.charged.v1 of 1): order has no row of it");
}

TEST_F(DemoAccount, NamesARowThatIsSetAsideOnOneSideOnly) {
  const auto inventory = layout.database(Part::inventory), the_event = " WHERE event_id = '" + id(99) + "'";
  check(inventory, "DELETE FROM holdfast_deferred" + the_event,
        "event " + id(99) + ": inventory has it as dead and nothing is set aside");
  check(inventory, "DELETE FROM holdfast_inbox" + the_event,
        "event " + id(99) + ": set aside at inventory as dead, its inbox says nothing");
  check(inventory, "UPDATE holdfast_inbox SET state = 'handled'" + the_event,
        "event " + id(99) + ": set aside at inventory as dead, its inbox says handled");
  check(inventory, "UPDATE holdfast_deferred SET state = 'retry'" + the_event,
        "event " + id(99) + ": set aside at inventory as retry, its inbox says dead");
  check(inventory, "UPDATE holdfast_inbox SET state = 'deferred' WHERE event_id = '" + id(2) + "'",
        "event " + id(2) + ": inventory has it as deferred and nothing is set aside");
}

TEST_F(DemoAccount, OnlyThePoisonIsDeadAndAllOfIt) {
  const auto payment = layout.database(Part::payment);
  check(payment, "DELETE FROM holdfast_inbox WHERE event_id = '" + id(99) + "'",
        "poison " + id(99) + ": it must be dead at payment and is not there");
  check(payment, "UPDATE holdfast_inbox SET state = 'handled' WHERE event_id = '" + id(99) + "'",
        "poison " + id(99) + ": it must be dead at payment and is handled");
  check(payment, "UPDATE holdfast_inbox SET state = 'dead' WHERE event_id = '" + id(1) + "'",
        "event " + id(1) + ": it is dead at payment and was no poison");
  EXPECT_EQ(account().others_dead, 1);
  check(payment, "UPDATE holdfast_inbox SET state = 'discarded' WHERE event_id = '" + id(1) + "'",
        "event " + id(1) + ": it was discarded at payment");
}

TEST_F(DemoAccount, NamesGoodsAndMoneyThatDoNotAddUp) {
  const auto inventory = layout.database(Part::inventory), payment = layout.database(Part::payment);
  check(inventory, "UPDATE stock SET on_hand = 97 WHERE product_id = 101",
        "product 101: 97 on hand, confirmed orders say 98");
  check(inventory, "DELETE FROM stock WHERE product_id = 101", "product 101: no row on hand");
  check(inventory, "DELETE FROM reservations WHERE order_id = 1", "order 1: inventory has no row of it");
  check(inventory, "UPDATE reservations SET state = 'reserved' WHERE order_id = 2",
        "order 2: it is cancelled, inventory says reserved");
  check(inventory, "UPDATE reservations SET state = 'released' WHERE order_id = 3",
        "order 3: its cancellation came first and inventory does not remember that");
  check(payment, "DELETE FROM payments WHERE order_id = 3", "order 3: payment has no row of it");
  check(payment, "UPDATE payments SET status = 'refunded' WHERE order_id = 1",
        "order 1: it is confirmed over 100.00, payment says refunded over 100.00");
  check(payment, "UPDATE payments SET amount = '1.00' WHERE order_id = 1", "payment says charged over 1.00");
  check("sqlite:" + layout.ledger(), "DELETE FROM ledger WHERE key = 'a'",
        "order 1: the gateway keeps 0.00, owed are 100.00");
  check("sqlite:" + layout.ledger(), "UPDATE ledger SET amount = '99.99' WHERE key = 'a'",
        "order 1: the gateway keeps 99.99, owed are 100.00");
  check("sqlite:" + layout.ledger(), "UPDATE ledger SET refunded = 0 WHERE key = 'b'",
        "order 2: the gateway keeps 50.00, owed are 0.00");
  check("sqlite:" + layout.ledger(), "INSERT INTO ledger VALUES ('d', 9, '5.00', 'INR', 'charged', 0)",
        "order 9: the gateway keeps 5.00 and nobody knows the order");
}

TEST_F(DemoAccount, CountsWhatWasAppliedTwice) {
  EXPECT_EQ(account().applied_twice, 0);
  const auto inventory = layout.database(Part::inventory), ledger = "sqlite:" + layout.ledger();
  const auto times = [&](std::int64_t twice, const std::string& url, const std::string& statement,
                         const std::string& said) {
    check(url, statement, said);
    EXPECT_EQ(account().applied_twice, twice) << statement;
    EXPECT_NE(as_text(account(), deeds).find(fmt::format(", {} applied twice", twice)), std::string::npos);
  };
  times(2, inventory, "UPDATE stock SET on_hand = 96 WHERE product_id = 101",
        "product 101: 4 taken from the shelf, 2 reserved");
  times(1, inventory, "UPDATE stock SET on_hand = 1 WHERE product_id = 303",
        "product 303: -1 taken from the shelf, 0 reserved");
  times(2, inventory, "UPDATE reservations SET state = 'released' WHERE order_id = 1",
        "product 101: 2 taken from the shelf, 0 reserved");
  times(1, inventory, R"(UPDATE reservations SET items = '[{"productId":101,"qty":1}]' WHERE order_id = 1)",
        "product 101: 2 taken from the shelf, 1 reserved");
  times(1, ledger, "INSERT INTO ledger VALUES ('d', 1, '100.00', 'INR', 'charged', 1)",
        "order 1: 2 times in the gateway's ledger");
  for (const auto& [part, seq] : {std::pair(Part::inventory, 11), std::pair(Part::payment, 21)})
    times(1, layout.database(part),
          fmt::format(
              "INSERT INTO holdfast_outbox_published SELECT 100, '{}', key, type, 0, 0, '{{}}', '{{}}', 0, NULL, 0 "
              "FROM holdfast_outbox_published WHERE seq = {}",
              id(100), seq),
          "order 1: 2 times in the outbox of " + name_of(part));
}

TEST_F(DemoAccount, JudgesWhatWasCountedWhileItRan) {
  deeds.twice = {EventId::parse(id(1)), EventId::parse(id(2))};
  deeds.absorbed = {{"inventory", 2}, {"payment", 3}};
  EXPECT_TRUE(account().nothing_lost()) << as_text(account(), deeds);
  deeds.absorbed["payment"] = 1;
  expect_wrong(account(), "1 of 2 copies were absorbed as duplicates at payment");
  deeds.absorbed = {{"payment", 2}};
  expect_wrong(account(), "0 of 2 copies were absorbed as duplicates at inventory");
}

TEST_F(DemoAccount, EachChargeThatTheGatewayFailedIsMadeInTheEnd) {
  check("sqlite:" + layout.ledger(), "INSERT INTO tries VALUES ('d', 2, 0)",
        "1 of 2 charges that the gateway failed were made in the end");
}

TEST_F(DemoAccount, AttemptsWithoutABindingAreCountedApart) {
  sql(layout.database(Part::inventory), "UPDATE holdfast_outbox_published SET attempts = 3 WHERE seq = 11");
  sql(layout.database(Part::order), "UPDATE holdfast_outbox_published SET attempts = 2 WHERE seq = 1");
  EXPECT_EQ(account().attempts, 5);
  EXPECT_EQ(as_text(account(), deeds).find("binding of"), std::string::npos);
  deeds.unbound = 4.2, deeds.flowed_after = 5, deeds.rabbitmq = true;
  const auto a = account();
  EXPECT_TRUE(a.nothing_lost());
  EXPECT_EQ(a.returned, 1);
  EXPECT_EQ(a.attempts, 2);
  for (const auto* said : {"broker away for", "binding of stock.reserved removed for 4.2 s",
                           "1 events returned, waited, went on by themselves in 5.0 s"})
    EXPECT_NE(as_text(a, deeds).find(said), std::string::npos) << said;
}

TEST_F(DemoAccount, TheTableShowsWhatWasMeasured) {
  deeds.twice = {EventId::parse(id(1))}, deeds.absorbed = {{"inventory", 7}, {"payment", 5}, {"order", 0}};
  deeds.away = 5.25, deeds.back_after = 0.5, deeds.killed_in_flight = 31, deeds.caught_up_after = 1.5;
  const auto text = as_text(account(), deeds);
  for (const auto* said : {"3 orders over HTTP", "12 duplicates absorbed* (7 at inventory, 5 at payment)",
                           "2 dead letters of them, 0 of others", "bus away for 5.2 s", "0 attempts used up",
                           "1 declined cards, cancellations put first by hand", "1 remembered by inventory",
                           "31 events in its hands* handed out again", "2 retries, 1 charged in the end",
                           "  * counted while it ran", "NOTHING LOST. 3 of 3"})
    EXPECT_NE(text.find(said), std::string::npos) << said << "\n" << text;
  sql(layout.database(Part::order), "UPDATE holdfast_outbox_published SET attempts = 4 WHERE seq = 1");
  sql(layout.database(Part::order), "DELETE FROM orders WHERE id = 3");
  const auto altered = as_text(account(), deeds);
  for (const auto* said : {"4 attempts used up", "  WRONG: order 3: it was answered", "NOT ALL IS WELL"})
    EXPECT_NE(altered.find(said), std::string::npos) << said << "\n" << altered;
}

}  // namespace
}  // namespace holdfast::demo

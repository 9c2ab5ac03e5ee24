// Two payment services on one database and one bus: who is charged is asked of the gateway's ledger.
#include <algorithm>

#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"

namespace holdfast::program_test {
namespace {

using G3_TwoPayments = Programs;

/// Each event comes twice, and each order under two events, as fast as the bus takes them.
TEST_F(G3_TwoPayments, NoOrderIsChargedTwice) {
  prepare("payment");
  declare_queues();
  auto one = start("payment"), other = start("payment");
  constexpr std::int64_t orders = 20;
  std::vector<EventId> ids;
  for (std::int64_t order = 1; order <= orders; ++order)
    for (int event = 0; event < 2; ++event) {
      ids.push_back(EventId::generate());
      const std::string body =
          R"({"orderId":)" + std::to_string(order) +
          R"(,"customerId":77,"totalAmount":10.00,"currency":"INR","items":[{"productId":101,"qty":1}]})";
      for (int copy = 0; copy < 2; ++copy)
        send(url("bus.db"), ids.back(), "order.created.v1", envelope_of(ids.back(), "order.created.v1", body));
    }
  EXPECT_TRUE(eventually([&] {
    return std::ranges::all_of(ids, [&](auto& id) { return fate_of(url("payment.db"), "payment", id) == "handled"; });
  }));
  EXPECT_EQ(one.stop() + other.stop(), 0);
  const auto charges = open_store(url("ledger.db")).transact([](Transaction& tx) {
    const auto rows = tx.query<int>("SELECT sum(outcome = 'charged' AND NOT refunded) FROM ledger GROUP BY order_id");
    return std::vector<int>(rows.begin(), rows.end());
  });
  EXPECT_EQ(charges, std::vector<int>(orders, 1));
}

}  // namespace
}  // namespace holdfast::program_test

#include "bench/message.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include "bench/drain.hpp"
#include "bench/inventory.hpp"

namespace holdfast::bench {

Message measured(int number, int keys) {
  const auto id = fmt::format("{:032x}", number);
  return {
      "bench.measured.v1", id, std::to_string(number % keys),
      fmt::format(
          R"({{"eventId":"{}","eventType":"bench.measured.v1","occurredAtUtc":"2026-01-01T00:00:00.000000Z","payload":{{"number":{},"text":"{}"}},)"
          R"("metadata":{{"traceId":"{}","correlationId":"{}","producer":"producer","schemaVersion":1}}}})",
          id, number, std::string(payload_bytes - 30, 'x'), id, id)};
}

Message order_created(int order, int products) {
  const auto id = fmt::format("{:08x}{:024x}", products, order);
  const auto [first, second] = products_of(order, products);
  return {
      "order.created.v1", id, std::to_string(order),
      fmt::format(
          R"({{"eventId":"{}","eventType":"order.created.v1","occurredAtUtc":"{:%Y-%m-%dT%H:%M:%S}Z","payload":{{"orderId":{},"customerId":77,)"
          R"("totalAmount":1499.00,"currency":"INR","items":[{{"productId":{},"qty":1}},{{"productId":{},"qty":1}}]}},)"
          R"("metadata":{{"traceId":"{}","correlationId":"{}","producer":"order-service","schemaVersion":1}}}})",
          id, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()), order + 1, first, second, id,
          id)};
}

}  // namespace holdfast::bench

// Queues and bindings by the names of consumers and types.
#include <gtest/gtest.h>

#include "host/subscriber.hpp"

namespace holdfast::host {
namespace {

TEST(Names, EveryVersionOfATypeArrives) {
  EXPECT_EQ(pattern_of("order.created.v1"), "order.created.*");
  EXPECT_EQ(pattern_of("order.created.v12"), "order.created.*");
  EXPECT_EQ(pattern_of("order.created"), "order.created");
  EXPECT_EQ(pattern_of("order.vault"), "order.vault");
  EXPECT_EQ(pattern_of("order.v"), "order.v");
}

TEST(Names, QueuesAreNamedAfterConsumerAndFirstEvent) {
  EXPECT_EQ(queue_of("inventory", "order.created.v1"), "inventory.order-created.q");
  EXPECT_EQ(queue_of("inventory", "order.created.*"), "inventory.order-created.q");
  EXPECT_EQ(queue_of("inventory", ""), "inventory.q");
}

}  // namespace
}  // namespace holdfast::host

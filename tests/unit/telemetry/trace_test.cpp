#include "holdfast/trace.hpp"

#include <gtest/gtest.h>

#include "event/envelope.hpp"

namespace holdfast {
namespace {

const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceScope, ContinuesWhatItIsGivenAndRestoresTheOuterOne) {
  EXPECT_EQ(TraceScope::current(), "");
  {
    const TraceScope outer(traceparent);
    EXPECT_EQ(TraceScope::current(), traceparent);
    { const TraceScope inner(""); }
    EXPECT_EQ(TraceScope::current(), traceparent);
  }
  EXPECT_EQ(TraceScope::current(), "");
}

TEST(TraceScope, EmptyOrMalformedBeginsATraceOfItsOwn) {
  std::string last;
  for (const char* bad : {"", "x", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    const TraceScope scope(bad);
    EXPECT_EQ(event::trace_id_of(TraceScope::current()).size(), 32u) << bad;
    EXPECT_NE(TraceScope::current(), last);
    last = TraceScope::current();
  }
}

}  // namespace
}  // namespace holdfast

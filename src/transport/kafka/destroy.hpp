// The end of a librdkafka handle. 2.0 was seen to wait in it for a commit, and for ever for a thread of its own: the caller waits for a
// while only, and then leaves it to a thread that does nothing else. The one place of a transport that makes a thread.
#pragma once
#include <librdkafka/rdkafka.h>

#include "ports/clock.hpp"

namespace holdfast::transport::kafka {

void destroy(rd_kafka_t* handle, ports::Millis patience);

}  // namespace holdfast::transport::kafka

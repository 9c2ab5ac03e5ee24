// An event as a Kafka record, and back. The record key is the event's key, so that it names the partition; the id and, where the
// topic does not say it, the type are headers of ours. The timestamp is the time of sending: by an older one the broker would
// delete at once what is sent again.
#pragma once
#include "ports/values.hpp"
#include "transport/kafka/client.hpp"

namespace holdfast::transport::kafka {

inline constexpr const char* header_id = "holdfast-id";
inline constexpr const char* header_type = "holdfast-type";

/// What a dead letter says in a header only: it has no place in an order, but keeps its partition.
const std::string* key_of(const ports::OutgoingEvent& event);
/// Headers of the record; without_type: the topic says it.
Owned<rd_kafka_headers_t> record_headers(const ports::OutgoingEvent& event, bool without_type);
/// About what the record takes on the wire.
std::size_t size_of(const ports::OutgoingEvent& event);

/// session and redelivered are not set. Foreign programs may have written anything; headers that are null are "".
ports::Delivery delivery_of(const rd_kafka_message_t& record);

}  // namespace holdfast::transport::kafka

#include "transport/kafka/message.hpp"

#include <utility>

#include "holdfast/detail/json.hpp"
#include "ports/wire_headers.hpp"

namespace holdfast::transport::kafka {
namespace {

constexpr std::size_t of_a_record = 128, of_a_header = 8;  // lengths, offsets, sums, at most

void add(rd_kafka_headers_t* headers, std::string_view name, std::string_view value) {
  rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

Headers headers_of(const rd_kafka_message_t& record) {
  Headers out;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&record, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return out;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    out[name] = value ? std::string(static_cast<const char*>(value), size) : "";
  return out;
}

std::string taken(Headers& headers, const char* name) {
  const auto node = headers.extract(name);
  return node ? std::move(node.mapped()) : "";
}

}  // namespace

const std::string* key_of(const ports::OutgoingEvent& event) {
  if (event.key) return &*event.key;
  const auto found = event.headers.find(ports::header_key);
  return found == event.headers.end() ? nullptr : &found->second;
}

Owned<rd_kafka_headers_t> record_headers(const ports::OutgoingEvent& event, bool without_type) {
  Owned<rd_kafka_headers_t> out(rd_kafka_headers_new(event.headers.size() + 2));
  add(out.get(), header_id, event.id.to_string());
  if (!without_type) add(out.get(), header_type, event.type);
  for (const auto& [name, value] : event.headers)
    if (name != ports::header_key && name != header_id && name != header_type) add(out.get(), name, value);
  return out;
}

std::size_t size_of(const ports::OutgoingEvent& event) {
  std::size_t size = of_a_record + event.envelope.size() + event.type.size() + (event.key ? event.key->size() : 0);
  for (const auto& [name, value] : event.headers) size += name.size() + value.size() + of_a_header;
  return size;
}

ports::Delivery delivery_of(const rd_kafka_message_t& record) {
  ports::Delivery out;
  out.tag = static_cast<std::uint64_t>(record.offset);
  out.headers = headers_of(record);
  out.message_id = taken(out.headers, header_id);
  out.type = taken(out.headers, header_type);
  if (record.payload) out.body.assign(static_cast<const char*>(record.payload), record.len);
  if (record.key) out.headers.try_emplace(ports::header_key, static_cast<const char*>(record.key), record.key_len);
  rd_kafka_timestamp_type_t kind{};
  if (const auto ms = rd_kafka_message_timestamp(&record, &kind); kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && ms > 0)
    out.broker_time = Timestamp(ports::Millis(ms));
  ports::read_headers(out);
  return out;
}

}  // namespace holdfast::transport::kafka

#include "transport/rabbitmq/table.hpp"

namespace holdfast::transport::rabbitmq {

/// rabbitmq-c writes a longer name with a wrong length, and all behind it is read as something else.
amqp_field_value_t& Table::add(std::string_view name, amqp_field_value_kind_t kind) {
  if (name.size() > 255)
    throw Unencodable("a header's name has " + std::to_string(name.size()) + " bytes; AMQP knows up to 255");
  auto& entry = entries_.emplace_back();
  entry.key = to_amqp(name);
  entry.value.kind = static_cast<std::uint8_t>(kind);
  return entry.value;
}

Table& Table::text(std::string_view name, std::string_view value) {
  add(name, AMQP_FIELD_KIND_UTF8).value.bytes = to_amqp(value);
  return *this;
}

Table& Table::integer(std::string_view name, std::int64_t value) {
  add(name, AMQP_FIELD_KIND_I64).value.i64 = value;
  return *this;
}

Table& Table::yes(std::string_view name) {
  add(name, AMQP_FIELD_KIND_BOOLEAN).value.boolean = 1;
  return *this;
}

Table& Table::table(std::string_view name, Table& value) {
  add(name, AMQP_FIELD_KIND_TABLE).value.table = value.get();
  return *this;
}

}  // namespace holdfast::transport::rabbitmq

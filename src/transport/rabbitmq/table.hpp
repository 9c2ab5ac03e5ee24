// An AMQP table to be sent, whose texts belong to somebody else.
#pragma once
#include "transport/rabbitmq/frames.hpp"

namespace holdfast::transport::rabbitmq {

class Table {
 public:
  /// Unencodable: a name of over 255 bytes.
  Table& text(std::string_view name, std::string_view value);
  Table& integer(std::string_view name, std::int64_t value);
  Table& yes(std::string_view name);
  Table& table(std::string_view name, Table& value);
  /// Valid as long as this lives and nothing is added.
  amqp_table_t get() { return {static_cast<int>(entries_.size()), entries_.data()}; }

 private:
  amqp_field_value_t& add(std::string_view name, amqp_field_value_kind_t kind);

  std::vector<amqp_table_entry_t> entries_;
};

}  // namespace holdfast::transport::rabbitmq

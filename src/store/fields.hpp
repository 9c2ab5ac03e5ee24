// Reads a row from left to right and moves out what it holds: bodies are not copied.
#pragma once
#include <optional>
#include <string>

#include "holdfast/transaction.hpp"
#include "store/time.hpp"

namespace holdfast::store {

class Fields {
 public:
  explicit Fields(detail::SqlRow& row) : row_(row) {}

  std::int64_t integer() { return read<std::int64_t>(); }
  std::int64_t integer_or_zero() { return read<std::optional<std::int64_t>>().value_or(0); }
  int small() { return read<int>(); }
  bool flag() { return read<bool>(); }
  EventId id() { return read<EventId>(); }
  Timestamp time() { return from_micros(integer()); }
  std::optional<Timestamp> time_or_null() {
    const auto value = read<std::optional<std::int64_t>>();
    return value ? std::optional(from_micros(*value)) : std::nullopt;
  }
  std::string text() { return take(); }
  std::optional<std::string> text_or_null() {
    if (std::holds_alternative<std::monostate>(row_.at(next_).value)) return ++next_, std::nullopt;
    return take();
  }
  std::string bytes() { return take(); }

 private:
  template <class T>
  T read() {
    T out{};
    detail::from_sql(row_.at(next_++), out);
    return out;
  }
  std::string take() {  // a foreign writer may have put text where bytes belong
    auto& value = row_.at(next_++).value;
    if (auto* bytes = std::get_if<Bytes>(&value)) return std::move(bytes->data);
    if (auto* text = std::get_if<std::string>(&value)) return std::move(*text);
    std::string out;
    detail::from_sql({value}, out);  // throws
    return out;
  }

  detail::SqlRow& row_;
  std::size_t next_ = 0;
};

template <class... P>
std::vector<detail::SqlRow> select(TransactionRef tx, std::string_view sql, const P&... params) {
  const std::initializer_list<detail::SqlValue> values{detail::to_sql(params)...};
  return tx.execute(sql, values).rows;
}

}  // namespace holdfast::store

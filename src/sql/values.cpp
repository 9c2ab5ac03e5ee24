// SqlValue from C++ and back. Times are ISO 8601 text, which both databases read.
#include <fmt/format.h>

#include "holdfast/transaction.hpp"

namespace holdfast::detail {
namespace {

template <class T>
SqlValue made(T value) {
  return SqlValue{std::move(value)};
}

const char* kind_of(const SqlValue& value) {
  static constexpr const char* names[] = {"NULL", "an integer",  "a floating-point number",
                                          "text", "binary data", "a list"};
  return names[value.value.index()];
}

[[noreturn]] void wrong_kind(const char* wanted, const SqlValue& got) {
  throw SqlError("22000", fmt::format("a column holds {} where the program reads {}", kind_of(got), wanted));
}

template <class T>
const T& get(const SqlValue& in, const char* wanted) {
  if (const T* value = std::get_if<T>(&in.value)) return *value;
  wrong_kind(wanted, in);
}

}  // namespace

SqlValue to_sql(bool value) { return made(std::int64_t{value}); }
SqlValue to_sql(std::int64_t value) { return made(value); }
SqlValue to_sql(double value) { return made(value); }
SqlValue to_sql(std::string_view value) { return made(std::string(value)); }
SqlValue to_sql(const Bytes& value) { return made(value); }
SqlValue to_sql(const EventId& value) { return made(value.to_string()); }
SqlValue to_sql(Timestamp value) { return made(to_iso8601(value)); }

void add_to(SqlList& list, SqlValue item) {
  std::visit(
      [&](auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, SqlList>)
          throw SqlError("22000", "a list holds another list; SQL parameters are flat");
        else list.items.emplace_back(std::move(value));
      },
      item.value);
}

void from_sql(const SqlValue& in, bool& out) {
  const auto value = get<std::int64_t>(in, "a boolean");
  if (value != 0 && value != 1) wrong_kind("a boolean", in);
  out = value == 1;
}
void from_sql(const SqlValue& in, std::int64_t& out) { out = get<std::int64_t>(in, "an integer"); }
void from_sql(const SqlValue& in, double& out) {
  if (const auto* whole = std::get_if<std::int64_t>(&in.value)) out = static_cast<double>(*whole);
  else out = get<double>(in, "a floating-point number");
}
void from_sql(const SqlValue& in, std::string& out) { out = get<std::string>(in, "text"); }
void from_sql(const SqlValue& in, Bytes& out) { out = get<Bytes>(in, "binary data"); }

namespace {
template <class Parse>
auto parsed(const SqlValue& in, const char* wanted, Parse parse) {
  try {
    return parse(get<std::string>(in, wanted));
  } catch (const Invalid& invalid) {
    throw SqlError("22000", fmt::format("a column does not hold {}: {}", wanted, invalid.what()));
  }
}
}  // namespace

void from_sql(const SqlValue& in, EventId& out) {
  out = parsed(in, "an event id", [](const std::string& text) { return EventId::parse(text); });
}
void from_sql(const SqlValue& in, Timestamp& out) {
  out = parsed(in, "a time", [](const std::string& text) { return from_iso8601(text); });
}

void out_of_range(std::int64_t value) {
  throw SqlError("22003", fmt::format("a column holds {}, too large or too small for what reads it", value));
}
void wrong_count(std::string_view wanted, std::size_t got) {
  throw SqlError("21000", fmt::format("the statement gave {} where the program reads {}", got, wanted));
}

}  // namespace holdfast::detail

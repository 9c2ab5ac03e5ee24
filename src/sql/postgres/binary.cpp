// https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES: integers in network order, texts as they
// are, an array behind a header (array_recv in the server's arrayfuncs.c).
#include "sql/postgres/binary.hpp"

#include <algorithm>

#include "sql/postgres/oid.hpp"

namespace holdfast::detail {
namespace {

std::int64_t integer(std::string_view bytes) {
  std::uint64_t value = !bytes.empty() && (bytes.front() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

std::string uuid(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(36, '-');
  auto at = out.begin();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    const auto byte = static_cast<unsigned char>(bytes[i]);
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 15];
  }
  return out;
}

void put(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

}  // namespace

bool postgres_reads_binary(unsigned type) {
  constexpr unsigned all[] = {oid_bool, oid_bytea, oid_int2, oid_int4, oid_int8, oid_text, oid_varchar, oid_uuid};
  return std::ranges::find(all, type) != std::end(all);
}

SqlValue postgres_binary_field(unsigned type, std::string_view bytes) {
  switch (type) {
    case oid_bool:
    case oid_int2:
    case oid_int4:
    case oid_int8: return {integer(bytes)};
    case oid_bytea: return {Bytes{std::string(bytes)}};
    case oid_uuid: return {uuid(bytes)};
    default: return {std::string(bytes)};
  }
}

std::optional<std::string> postgres_binary_array(const SqlList& list) {
  const auto is_bytes = [](const auto& item) { return std::holds_alternative<Bytes>(item); };
  if (list.items.empty() || !std::ranges::all_of(list.items, is_bytes)) return {};
  constexpr std::uint32_t dimensions = 1, has_nulls = 0, first_index = 1;
  std::string out;
  put(out, dimensions), put(out, has_nulls), put(out, oid_bytea);
  put(out, static_cast<std::uint32_t>(list.items.size())), put(out, first_index);
  for (const auto& item : list.items) {
    const std::string& data = std::get<Bytes>(item).data;
    put(out, static_cast<std::uint32_t>(data.size()));
    out += data;
  }
  return out;
}

}  // namespace holdfast::detail

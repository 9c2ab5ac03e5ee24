#include "event/trace_context.hpp"

#include <algorithm>
#include <array>

#include "event/envelope.hpp"
#include "holdfast/trace.hpp"

namespace holdfast {
namespace {

constexpr std::size_t whole = 55;  // 00-<32 hex>-<16 hex>-<2 hex>; later versions may be longer
constexpr std::size_t longest_tracestate = 512;

constexpr auto digits = [] {  // of each character; -1: none
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (int i = 0; i < 16; ++i) table[static_cast<unsigned char>("0123456789abcdef"[i])] = static_cast<std::int8_t>(i);
  return table;
}();

int digit(char c) { return digits[static_cast<unsigned char>(c)]; }

template <class Bytes>
bool read_hex(std::string_view text, Bytes& bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if ((high | low) < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

template <class Bytes>
void write_hex(char* out, const Bytes& bytes) {
  for (const std::uint8_t byte : bytes) *out++ = "0123456789abcdef"[byte >> 4], *out++ = "0123456789abcdef"[byte & 15];
}

}  // namespace

SpanContext SpanContext::parse(std::string_view text) {
  if (text.size() < whole || text[2] != '-' || text[35] != '-' || text[52] != '-') return {};
  SpanContext context;
  std::array<std::uint8_t, 1> version, flags;
  const bool hex = read_hex(text, version) && read_hex(text.substr(3), context.trace_id) &&
                   read_hex(text.substr(36), context.span_id) && read_hex(text.substr(53), flags);
  const bool ends = text.size() == whole || (version[0] != 0 && text[whole] == '-');
  if (!hex || version[0] == 0xff || !ends || context.trace_id == decltype(context.trace_id){}) return {};
  context.sampled = (flags[0] & 1) != 0;
  return context;
}

std::string SpanContext::traceparent() const {
  std::string out = "00-00000000000000000000000000000000-0000000000000000-00";
  write_hex(out.data() + 3, trace_id);
  write_hex(out.data() + 36, span_id);
  if (sampled) out.back() = '1';
  return out;
}

namespace event {

std::string trace_id_of(std::string_view traceparent) {
  return std::string(SpanContext::parse(traceparent).valid() ? traceparent.substr(3, 32) : "");
}

std::string_view usable_tracestate(std::string_view text) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  return text.size() <= longest_tracestate && std::ranges::all_of(text, printable) ? text : std::string_view();
}

}  // namespace event
}  // namespace holdfast

#include <openssl/rand.h>

#include <algorithm>
#include <atomic>
#include <span>

#include "event/sha256.hpp"
#include "holdfast/errors.hpp"
#include "holdfast/event.hpp"

namespace holdfast {
namespace {

EventId stamped(EventId::Bytes bytes, unsigned version) {  // RFC 9562: the version and variant bits
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | version << 4);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  return EventId::of_bytes(bytes);
}

EventId of_digest(const event::Digest& digest) {
  EventId::Bytes bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return stamped(bytes, 8);
}

std::string_view view(const EventId::Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void fill_random(std::span<std::uint8_t> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw Error("OpenSSL has no random bytes");
}

/// 42 bits from a random start, so high that no process reaches the end: ids of one millisecond differ here and rise.
std::uint64_t next_count() {
  static std::atomic<std::uint64_t> count = [] {
    std::array<std::uint8_t, 5> seed;
    fill_random(seed);
    std::uint64_t start = 0;
    for (const std::uint8_t byte : seed) start = start << 8 | byte;
    return start;
  }();
  return count.fetch_add(1, std::memory_order_relaxed);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_dash(std::string_view text, std::size_t at) {
  return text.size() == 36 && (at == 8 || at == 13 || at == 18 || at == 23);
}

[[noreturn]] void not_an_id() { throw Invalid("", "not an event id: 32 hexadecimal digits or a dashed UUID"); }

}  // namespace

EventId EventId::of_bytes(const Bytes& bytes) {
  EventId id;
  id.bytes_ = bytes;
  return id;
}

EventId EventId::parse(std::string_view text) {
  if (text.size() != 32 && text.size() != 36) not_an_id();
  Bytes bytes{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash(text, i)) {
      if (text[i] != '-') not_an_id();
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) not_an_id();
    std::uint8_t& byte = bytes[digits++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
  }
  return of_bytes(bytes);
}

std::string EventId::to_string() const {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text(32, '0');
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    text[2 * i] = hex[bytes_[i] >> 4];
    text[2 * i + 1] = hex[bytes_[i] & 0x0F];
  }
  return text;
}

EventId EventId::generate(Timestamp now) {  // 48 bits of time, 42 of count, 32 random
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const std::uint64_t count = next_count();
  const std::string time = event::big_endian(static_cast<std::uint64_t>(std::max<std::int64_t>(since_epoch, 0)));
  Bytes bytes;
  std::copy_n(time.begin() + 2, 6, bytes.begin());
  bytes[6] = static_cast<std::uint8_t>(count >> 38 & 0x0F);
  bytes[7] = static_cast<std::uint8_t>(count >> 30 & 0xFF);
  bytes[8] = static_cast<std::uint8_t>(count >> 24 & 0x3F);
  bytes[9] = static_cast<std::uint8_t>(count >> 16 & 0xFF);
  bytes[10] = static_cast<std::uint8_t>(count >> 8 & 0xFF);
  bytes[11] = static_cast<std::uint8_t>(count & 0xFF);
  fill_random(std::span(bytes).subspan(12));
  return stamped(bytes, 7);
}

EventId EventId::derive(const EventId& cause, std::string_view consumer, std::string_view type, std::uint64_t ordinal) {
  return of_digest(event::sha256({"holdfast.derived.v1", view(cause.bytes_), event::big_endian(consumer.size()),
                                  consumer, event::big_endian(type.size()), type, event::big_endian(ordinal)}));
}

EventId EventId::of_body(std::string_view body) { return of_digest(event::sha256({"holdfast.body.v1", body})); }

std::optional<Timestamp> EventId::time() const {
  const bool version_7 = bytes_[6] >> 4 == 7 && bytes_[8] >> 6 == 2;
  if (!version_7) return {};
  std::int64_t since_epoch = 0;
  for (std::size_t i = 0; i < 6; ++i) since_epoch = since_epoch << 8 | bytes_[i];
  // A foreign id may name a year that a Timestamp cannot: then it says nothing about time.
  constexpr auto latest = std::chrono::floor<std::chrono::milliseconds>(Timestamp::max()).time_since_epoch().count();
  if (since_epoch > latest) return {};
  return Timestamp(std::chrono::milliseconds(since_epoch));
}

}  // namespace holdfast

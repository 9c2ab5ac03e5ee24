// Writes protobuf, as little of it as OTLP needs: fields appended to one string, messages inside of messages.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::telemetry {

class Protobuf {
 public:
  explicit Protobuf(std::string& out) : out_(out) {}

  void varint(int field, std::uint64_t value) { tag(field, 0), number(value); }
  void fixed64(int field, std::uint64_t value) { tag(field, 1), bytes_of(value, 8); }
  void fixed32(int field, std::uint32_t value) { tag(field, 5), bytes_of(value, 4); }
  void bytes(int field, std::string_view value) { head(field, value.size()), out_ += value; }
  /// Of a message, or of bytes, that somebody else appends.
  void head(int field, std::size_t length) { tag(field, 2), number(length); }
  template <class Body>
  void message(int field, Body body) {
    tag(field, 2);
    const auto start = out_.size();
    out_ += '\0';  // its length; most need one byte, and what is longer moves
    body();
    close(start);
  }

 private:
  void tag(int field, int kind) { number(static_cast<std::uint64_t>(field) << 3 | static_cast<unsigned>(kind)); }
  void number(std::uint64_t value) {
    if (value < 0x80) out_ += static_cast<char>(value);
    else append(value);
  }
  void append(std::uint64_t value) {
    char digits[10];
    out_.append(digits, put(value, digits));
  }
  static std::size_t put(std::uint64_t value, char* digits) {
    std::size_t used = 0;
    for (; value >= 0x80; value >>= 7) digits[used++] = static_cast<char>(value | 0x80);
    digits[used++] = static_cast<char>(value);
    return used;
  }
  void bytes_of(std::uint64_t value, int count) {
    char digits[8];
    for (int i = 0; i < count; ++i, value >>= 8) digits[i] = static_cast<char>(value);  // little endian
    out_.append(digits, static_cast<std::size_t>(count));
  }
  void close(std::size_t start) {
    const auto length = out_.size() - start - 1;
    char digits[10];
    const auto used = put(length, digits);
    if (used == 1) out_[start] = digits[0];
    else out_.replace(start, 1, digits, used);
  }

  std::string& out_;
};

}  // namespace holdfast::telemetry

// Writes protobuf, as little of it as OTLP needs: fields appended to one string, messages inside of messages.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::telemetry {

class Protobuf {
 public:
  void varint(int field, std::uint64_t value) { tag(field, 0), number(value); }
  void fixed64(int field, std::uint64_t value) { tag(field, 1), bytes_of(value, 8); }
  void fixed32(int field, std::uint32_t value) { tag(field, 5), bytes_of(value, 4); }
  void bytes(int field, std::string_view value) { tag(field, 2), number(value.size()), out_ += value; }
  template <class Body>
  void message(int field, Body body) {
    tag(field, 2);
    const auto start = out_.size();
    out_ += '\0';  // its length; most need one byte, and what is longer moves
    body();
    close(start);
  }
  std::string take() { return std::move(out_); }

 private:
  void tag(int field, int kind) { number(static_cast<std::uint64_t>(field) << 3 | static_cast<unsigned>(kind)); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  void bytes_of(std::uint64_t value, int count) {  // little endian
    for (; count > 0; --count, value >>= 8) out_ += static_cast<char>(value);
  }
  void close(std::size_t start) {
    auto length = out_.size() - start - 1;
    char head[10];
    std::size_t used = 0;
    for (; length >= 0x80; length >>= 7) head[used++] = static_cast<char>(length | 0x80);
    head[used++] = static_cast<char>(length);
    out_.replace(start, 1, head, used);
  }

  std::string out_;
};

}  // namespace holdfast::telemetry

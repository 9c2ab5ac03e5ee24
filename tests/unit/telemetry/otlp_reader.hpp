// Reads what the exporter sends, from the protobuf up: field numbers and bytes, and what of a span the tests look at.
#pragma once
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::telemetry {

struct Field {
  std::uint64_t number = 0;  // of a varint or fixed one
  std::string bytes;
};
using Message = std::multimap<int, Field>;

class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view text) : rest_(text) {}
  Message all() {
    Message out;
    while (!rest_.empty()) {
      const auto tag = varint();
      out.emplace(static_cast<int>(tag >> 3), field(tag & 7));
    }
    return out;
  }

 private:
  Field field(std::uint64_t kind) {
    if (kind == 0) return {varint(), ""};
    if (kind == 1) return {little_endian(take(8)), ""};
    if (kind == 5) return {little_endian(take(4)), ""};
    if (kind == 2) return {0, std::string(take(varint()))};
    throw std::runtime_error("no such kind of field: " + std::to_string(kind));
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
  }
  static std::uint64_t little_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) throw std::runtime_error("the message is cut off");
    const auto part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }
  std::string_view rest_;
};

inline std::string hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char c : bytes) out += "0123456789abcdef"[c >> 4], out += "0123456789abcdef"[c & 15];
  return out;
}

struct ReadSpan {
  std::string trace, id, parent, state, name, error;
  std::uint64_t kind = 0, start = 0, end = 0, status = 0;
  std::map<std::string, std::string> attributes;
  std::vector<std::string> links;  // span ids
};

struct ReadBatch {
  std::string service;
  std::vector<ReadSpan> spans;
};

inline std::string only(const Message& message, int field) {
  const auto found = message.find(field);
  return found == message.end() ? "" : found->second.bytes;
}
inline std::uint64_t number(const Message& message, int field) {
  const auto found = message.find(field);
  return found == message.end() ? 0 : found->second.number;
}
inline Message inside(const Message& message, int field) { return ProtobufReader(only(message, field)).all(); }

inline std::pair<std::string, std::string> read_attribute(std::string_view bytes) {
  const auto pair = ProtobufReader(bytes).all();
  const auto value = inside(pair, 2);
  return {only(pair, 1), value.contains(3) ? std::to_string(number(value, 3)) : only(value, 1)};
}

inline ReadSpan read_span(std::string_view bytes) {
  const auto m = ProtobufReader(bytes).all();
  ReadSpan span{hex(only(m, 1)),
                hex(only(m, 2)),
                hex(only(m, 4)),
                only(m, 3),
                only(m, 5),
                only(inside(m, 15), 2),
                number(m, 6),
                number(m, 7),
                number(m, 8),
                number(inside(m, 15), 3),
                {},
                {}};
  for (auto [at, end] = m.equal_range(9); at != end; ++at) span.attributes.insert(read_attribute(at->second.bytes));
  for (auto [at, end] = m.equal_range(13); at != end; ++at)
    span.links.push_back(hex(only(ProtobufReader(at->second.bytes).all(), 2)));
  return span;
}

inline ReadBatch read_otlp(std::string_view body) {
  const auto resource_spans = inside(ProtobufReader(body).all(), 1);
  ReadBatch batch{read_attribute(only(inside(resource_spans, 1), 1)).second, {}};
  const auto scope_spans = inside(resource_spans, 2);
  for (auto [at, end] = scope_spans.equal_range(2); at != end; ++at) batch.spans.push_back(read_span(at->second.bytes));
  return batch;
}

}  // namespace holdfast::telemetry

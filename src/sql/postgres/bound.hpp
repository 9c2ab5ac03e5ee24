// Parameters of a statement as libpq takes them.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "holdfast/transaction.hpp"
#include "sql/postgres/binary.hpp"
#include "sql/postgres/value.hpp"

namespace holdfast::postgres {

/// Bytes and lists of them go as they are, all else in text: the server knows what type each has to be.
struct Bound {
  explicit Bound(std::span<const detail::SqlValue> params) {
    texts.reserve(params.size());
    for (const auto& param : params) {
      const auto* list = std::get_if<detail::SqlList>(&param.value);
      auto array = list ? detail::postgres_binary_array(*list) : std::nullopt;
      if (array) add_binary(texts.emplace_back(std::move(*array)));
      else if (const auto* bytes = std::get_if<Bytes>(&param.value)) add_binary(bytes->data);
      else if (auto text = detail::postgres_text(param)) add(texts.emplace_back(std::move(*text)).c_str(), 0, 0);
      else add(nullptr, 0, 0);
    }
  }
  void add_binary(const std::string& bytes) { add(bytes.data(), bytes.size(), 1); }
  void add(const char* value, std::size_t length, int format) {
    values.push_back(value), lengths.push_back(static_cast<int>(length)), formats.push_back(format);
  }
  int size() const { return static_cast<int>(values.size()); }

  std::vector<std::string> texts;
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
};

}  // namespace holdfast::postgres

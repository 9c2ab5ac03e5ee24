// Whatever bytes come in: read or Invalid, never a crash; whatever contract goes out comes back.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "event/envelope.hpp"
#include "event/utf8.hpp"
#include "holdfast/contract.hpp"

namespace {

using holdfast::Codec;
using holdfast::Decimal;
using holdfast::Invalid;
using holdfast::Money;
using holdfast::detail::JsonValue;

struct Part {
  std::string text;
  std::optional<int> count;
};
struct Whole {
  std::int64_t number = 0;
  bool flag = false;
  Money amount;
  double real = 0;
  std::vector<Part> parts;
  std::map<std::string, std::string> labels;
};

std::string any_text() {  // of well-formed characters, quotes and controls among them
  const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  return holdfast::event::fit(bytes, bytes.size());
}

Whole any_whole() {
  Whole whole;
  whole.number = *rc::gen::arbitrary<std::int64_t>();
  whole.flag = *rc::gen::arbitrary<bool>();
  whole.amount = Money::from_units(*rc::gen::arbitrary<std::int64_t>() % holdfast::detail::max_units);
  whole.real = *rc::gen::arbitrary<double>();
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i)
    whole.parts.push_back({any_text(), *rc::gen::maybe(rc::gen::arbitrary<int>()) ? std::optional(i) : std::nullopt});
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) whole.labels[any_text()] = any_text();
  return whole;
}

/// Visits all of a value: pieces of the source stand inside their parents, pointers lead back to them.
void walk(const JsonValue& value) {
  const auto inside = [&](const JsonValue& child) {
    RC_ASSERT(value.raw().data() < child.raw().data());
    RC_ASSERT(child.raw().data() + child.raw().size() < value.raw().data() + value.raw().size());
    RC_ASSERT(child.pointer().starts_with(value.pointer() + "/"));
    walk(child);
  };
  if (value.is_array()) {
    for (const auto& element : value.elements()) inside(element);
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.entries()) {
      RC_ASSERT(value.at(name).raw().data() == member.raw().data());
      inside(member);
    }
  }
}

template <class F>
bool read_or_invalid(F&& f) {
  try {
    f();
    return true;
  } catch (const Invalid&) { return false; }
}

RC_GTEST_PROP(JsonProperty, ContractsComeBack, ()) {
  const Whole whole = any_whole();
  const std::string json = Codec<Whole>::encode(whole);
  const Whole back = Codec<Whole>::decode(json);
  RC_ASSERT(back.number == whole.number);
  RC_ASSERT(back.amount == whole.amount);
  RC_ASSERT(back.real == whole.real);
  RC_ASSERT(back.labels == whole.labels);
  RC_ASSERT(Codec<Whole>::encode(back) == json);
  walk(JsonValue::parse(json));
}

RC_GTEST_PROP(JsonProperty, ArbitraryBytesNeverCrash, (const std::string& bytes)) {
  read_or_invalid([&] { walk(JsonValue::parse(bytes)); });
  read_or_invalid([&] { holdfast::event::decode(bytes, {}); });
  read_or_invalid([&] { (void)holdfast::EventId::parse(bytes); });
  read_or_invalid([&] { (void)holdfast::from_iso8601(bytes); });
}

RC_GTEST_PROP(JsonProperty, DamagedJsonIsReadOrInvalid, ()) {
  std::string json = Codec<Whole>::encode(any_whole());
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, json.size());
    json[at] = *rc::gen::weightedOneOf<char>(
        {{1, rc::gen::arbitrary<char>()}, {3, rc::gen::elementOf(std::string("{}[]\",:\\0e.- \n"))}});
  }
  if (*rc::gen::arbitrary<bool>()) json.resize(*rc::gen::inRange<std::size_t>(0, json.size()));
  const bool read = read_or_invalid([&] { walk(JsonValue::parse(json)); });
  RC_TAG(read ? "read" : "invalid");
  if (read) RC_ASSERT(holdfast::event::is_utf8(json));
  read_or_invalid([&] { (void)Codec<Whole>::decode(json); });
}

RC_GTEST_PROP(JsonProperty, RawValuesAreJsonThemselves, ()) {
  const std::string json = Codec<Whole>::encode(any_whole());
  for (const auto& [name, member] : JsonValue::parse(json).entries())
    RC_ASSERT(JsonValue::parse(member.raw()).raw() == member.raw());
}

RC_GTEST_PROP(DecimalProperty, TextComesBack, (std::int64_t units)) {
  units %= holdfast::detail::max_units;
  RC_ASSERT(Money::parse(Money::from_units(units).to_string()).units() == units);
  RC_ASSERT(Decimal<0>::parse(Decimal<0>::from_units(units).to_string()).units() == units);
  RC_ASSERT(Decimal<6>::parse(Decimal<6>::from_units(units).to_string()).units() == units);
}

RC_GTEST_PROP(TimeProperty, TextComesBack, ()) {
  const auto micros = *rc::gen::inRange<std::int64_t>(-9'000'000'000'000'000, 9'000'000'000'000'000);
  const holdfast::Timestamp time{std::chrono::microseconds(micros)};
  RC_ASSERT(holdfast::from_iso8601(holdfast::to_iso8601(time)) == time);
}

}  // namespace

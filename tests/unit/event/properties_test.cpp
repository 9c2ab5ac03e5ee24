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

/// What a foreign program got half right is told with its place, or goes on its way as it was understood.
RC_GTEST_PROP(EnvelopeProperty, DamagedOnesAreInvalidOrComeBack, ()) {
  using namespace holdfast;
  EventInfo sent;
  sent.id = EventId::of_body(any_text());
  sent.type = "order.created.v2", sent.occurred_at = from_iso8601("2025-08-22T09:30:00.123Z");
  sent.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736", sent.correlation_id = any_text(), sent.producer = "order-service";
  std::string body = event::encode(sent, Codec<Whole>::encode(any_whole()));
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, body.size());
    const auto c = *rc::gen::weightedOneOf<char>(
        {{1, rc::gen::arbitrary<char>()}, {4, rc::gen::elementOf(std::string("{}[]\",:\\019e.-+TZnu \n"))}});
    if (*rc::gen::arbitrary<bool>()) body[at] = c;
    else body.insert(at, 1, c);
  }
  Envelope got;
  const bool read = read_or_invalid([&] { got = event::decode(body, {}); });
  RC_CLASSIFY(read);
  if (!read) return;
  const Envelope again = event::decode(event::encode(got.info, got.payload), event::headers_of(got.info));
  RC_ASSERT(again.info.id == got.info.id);
  RC_ASSERT(again.info.type == got.info.type);
  RC_ASSERT(again.info.occurred_at == got.info.occurred_at);
  RC_ASSERT(again.info.schema_version == got.info.schema_version);
  RC_ASSERT(again.info.correlation_id == got.info.correlation_id);
  RC_ASSERT(again.info.producer == got.info.producer);
  RC_ASSERT(again.payload == got.payload);
}

/// A contract that was read from bytes of anybody is written as something that reads the same.
RC_GTEST_PROP(JsonProperty, DamagedContractsAreInvalidOrComeBack, ()) {
  std::string json = Codec<Whole>::encode(any_whole());
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i)
    json[*rc::gen::inRange<std::size_t>(0, json.size())] = *rc::gen::elementOf(std::string("{}[]\",:\\019e.-+ \ntf"));
  Whole got;
  if (!read_or_invalid([&] { got = Codec<Whole>::decode(json); })) return;
  const std::string written = Codec<Whole>::encode(got);
  RC_ASSERT(Codec<Whole>::encode(Codec<Whole>::decode(written)) == written);
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

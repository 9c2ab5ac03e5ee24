#include "inbox/handlers.hpp"

#include <gtest/gtest.h>

#include "holdfast/errors.hpp"

namespace holdfast::inbox {
namespace {

Handler handler(std::string type, std::string key = {}) {
  Handler h{std::move(type), Form::single, [](Call&, std::span<const Envelope>) {}};
  if (!key.empty()) h.key_of = [key](std::string_view) { return key; };
  return h;
}
Upcaster upcaster(std::string from, std::string to) {
  return {from, to, [from](std::string_view json) { return std::string(json) + " was " + from; }};
}

TEST(Handlers, TwoForOneTypeAreAnError) {
  Handlers handlers;
  handlers.add(handler("a.v1"));
  handlers.add(handler("b.v1"));
  EXPECT_THROW(handlers.add(handler("a.v1")), Invalid);
}

TEST(Handlers, TheOneForAnyTypeTakesWhatNoOtherTakes) {
  Handlers handlers;
  handlers.add(handler("a.v1"));
  EXPECT_EQ(handlers.find("b.v1"), nullptr);
  handlers.add(handler(""));
  EXPECT_EQ(handlers.find("a.v1")->type, "a.v1");
  EXPECT_EQ(handlers.find("b.v1")->type, "");
}

TEST(Handlers, OldVersionsGoThroughTheWholeChain) {
  Handlers handlers;
  handlers.add(handler("a.v3"));
  handlers.add(upcaster("a.v1", "a.v2"));
  handlers.add(upcaster("a.v2", "a.v3"));
  EXPECT_EQ(handlers.find("a.v1")->type, "a.v3");
  Envelope old;
  old.info.type = "a.v1";
  old.info.schema_version = 1;
  old.payload = "x";
  const Envelope now = handlers.upcast(old);
  EXPECT_EQ(now.info.type, "a.v3");
  EXPECT_EQ(now.info.schema_version, 3);
  EXPECT_EQ(now.payload, "x was a.v1 was a.v2");
}

TEST(Handlers, ACircleOfUpcastersIsAnErrorAtStart) {
  Handlers handlers;
  handlers.add(upcaster("a.v1", "a.v2"));
  handlers.add(upcaster("a.v2", "a.v3"));
  EXPECT_THROW(handlers.add(upcaster("a.v3", "a.v1")), Invalid);
  EXPECT_THROW(handlers.add(upcaster("b.v1", "b.v1")), Invalid);
}

TEST(Handlers, TheKeyOfAnOldTypeIsThatOfItsOwnContract) {
  Handlers handlers;
  handlers.add(handler("a.v2", "new"));
  Upcaster up = upcaster("a.v1", "a.v2");
  up.key_of = [](std::string_view) { return "old"; };
  handlers.add(up);
  handlers.add(upcaster("a.v0", "a.v2"));
  EXPECT_EQ(handlers.key("a.v1", "{}"), "old");
  EXPECT_EQ(handlers.key("a.v0", "{}"), "new");
  EXPECT_EQ(handlers.key("a.v2", "{}"), "new");
  EXPECT_EQ(handlers.key("b.v1", "{}"), "");
}

TEST(Handlers, APayloadThatBreaksItsContractHasNoKey) {
  Handlers handlers;
  Handler h = handler("a.v1");
  h.key_of = [](std::string_view) -> std::string { throw Invalid("/id", "is missing"); };
  handlers.add(h);
  EXPECT_EQ(handlers.key("a.v1", "{}"), "");
}

}  // namespace
}  // namespace holdfast::inbox

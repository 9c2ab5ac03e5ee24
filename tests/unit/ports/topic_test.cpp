#include "ports/topic.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "ports/topology.hpp"

namespace holdfast::ports {
namespace {

struct Case {
  const char *pattern, *type;
  bool matches;
};

TEST(Topic, matches_as_amqp_does) {
  const Case cases[] = {
      {"order.created.v1", "order.created.v1", true},
      {"order.created.v1", "order.created.v2", false},
      {"order.created.v1", "order.created.v1.x", false},
      {"order.created.*", "order.created.v1", true},
      {"order.created.*", "order.created", false},
      {"order.created.*", "order.created.v1.draft", false},
      {"*.created.*", "order.created.v1", true},
      {"*", "order", true},
      {"*", "order.created", false},
      {"*", "", true},  // one empty word
      {"", "", true},
      {"", "order", false},
      {"#", "", true},
      {"#", "order.created.v1", true},
      {"order.#", "order", true},
      {"order.#", "order.created.v1", true},
      {"order.#", "orders.created", false},
      {"#.v1", "v1", true},
      {"#.v1", "order.created.v1", true},
      {"#.v1", "v1.v2", false},
      {"#.a.#", "x.a.y", true},
      {"#.a.#", "x.b.y", false},
      {"#.a.b", "a.a.b", true},
      {"#.*", "", true},
      {"#.*.*", "one", false},
      {"*.#.b", "a.b", true},
      {"*.#.b", "b", false},
      {"a..b", "a..b", true},
      {"a.*.b", "a..b", true},
      {"order.cre*", "order.created", false},  // part of a word is no pattern
      {"#.#.#", "a", true},
  };
  for (const auto& c : cases)
    EXPECT_EQ(topic_matches(c.pattern, c.type), c.matches) << '"' << c.pattern << "\" and \"" << c.type << '"';
}

using Words = std::vector<std::string>;

bool by_definition(const Words& p, std::size_t i, const Words& t, std::size_t j) {
  if (i == p.size()) return j == t.size();
  if (p[i] == "#") return by_definition(p, i + 1, t, j) || (j < t.size() && by_definition(p, i, t, j + 1));
  return j < t.size() && (p[i] == "*" || p[i] == t[j]) && by_definition(p, i + 1, t, j + 1);
}

std::string joined(const Words& words) {
  std::string out;
  for (const auto& word : words) out += (&word == &words.front() ? "" : ".") + word;
  return out;
}

RC_GTEST_PROP(Topic, agrees_with_the_definition, ()) {
  const auto word = rc::gen::element<std::string>("a", "b");
  const auto piece = rc::gen::element<std::string>("a", "b", "*", "#");
  const auto type = *rc::gen::resize(7, rc::gen::nonEmpty(rc::gen::container<Words>(word)));
  const auto pattern = *rc::gen::resize(7, rc::gen::nonEmpty(rc::gen::container<Words>(piece)));
  RC_ASSERT(topic_matches(joined(pattern), joined(type)) == by_definition(pattern, 0, type, 0));
}

TEST(DeadLetterQueue, is_named_after_its_queue) {
  EXPECT_EQ(dead_letter_queue("inventory.order-created.q"), "inventory.order-created.dlq");
  EXPECT_EQ(dead_letter_queue("inventory"), "inventory.dlq");
}

}  // namespace
}  // namespace holdfast::ports

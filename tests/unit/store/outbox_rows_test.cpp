// G5: a program that writes the outbox by SQL may get anything wrong. Either the table refuses the row, or the relay reads it and all
// that stand behind it.
#include <gtest/gtest.h>

#include <random>

#include "ports/clock.hpp"
#include "ports/store_base.hpp"
#include "sql/sqlite/open.hpp"

namespace holdfast::store {
namespace {

using detail::SqlValue;

struct Writer {
  SqlValue text(std::size_t most) {
    std::string out(random() % (most + 1), ' ');
    for (char& c : out) c = random() % 3 ? "0123456789abcdef{}\":,-"[random() % 22] : static_cast<char>(random());
    return {out};
  }
  /// What a column should hold, mostly; else anything that SQLite can store.
  SqlValue value(const SqlValue& right) {
    switch (random() % 50) {
      case 0: return {};
      case 1: return {static_cast<std::int64_t>(random())};
      case 2: return {static_cast<double>(random()) / 7};
      case 3: return text(250);
      case 4: return {Bytes{std::get<std::string>(text(250).value)}};
      case 5: return {std::string("1f09f4f7a1d24575a2b4b2a1b35c0b1")};  // a digit short
      default: return right;
    }
  }
  std::mt19937_64 random{20250822};
};

TEST(G5_OutboxRows, OneThatStandsInTheTableCanBeRead) {
  Store store = open_sqlite(":memory:", ports::system_clock());
  store.migrate();
  const auto outbox = store.impl()->outbox();
  Writer writer;
  int stood = 0, refused = 0;
  for (int i = 0; i < 4'000; ++i) {
    const SqlValue row[] = {writer.value({std::string("1f09f4f7a1d24575a2b4b2a1b35c0b1a")}),
                            writer.value({std::string("7")}),
                            writer.value({std::string("order.created.v1")}),
                            writer.value({}),
                            writer.value({std::int64_t{1}}),
                            writer.value({std::int64_t{1'755'855'000'000'000}}),
                            writer.value({Bytes{"{}"}}),
                            writer.value({std::string(R"({"a":"b"})")}),
                            writer.value({std::int64_t{0}}),
                            writer.value({std::int64_t{0}})};
    Transaction tx = store.begin();
    try {
      tx.ref().execute(
          "INSERT INTO holdfast_outbox(id, key, type, destination, unrouted_ok, occurred_at, envelope, headers, "
          "attempts, refused) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
          row);
      tx.commit();
      ++stood;
    } catch (const SqlError& wrong) {
      EXPECT_TRUE(wrong.sqlstate() == "23514" || wrong.sqlstate() == "23502") << wrong.what();
      ++refused;
      continue;
    }
    ports::Page page;
    ASSERT_NO_THROW(page = outbox->read({}, 10)) << "row " << i;
    ASSERT_EQ(page.rows.size(), 1u);
    const auto& event = page.rows[0].event;
    if (event.key) {
      const ports::KeyFrom from{*event.key, 0};
      EXPECT_NO_THROW(outbox->read_keys({&from, 1}, 10));
    }
    EXPECT_EQ(outbox->mark_published(std::vector{ports::RowRef{page.rows[0].seq, event.id}}), 1);
  }
  EXPECT_GT(stood, 500);
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace holdfast::store

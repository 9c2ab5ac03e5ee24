// G5: rows of a bus file as a foreign program may write them. Each that the file takes comes out of it once, with what can be read of
// it, and no other waits behind it.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <set>

#include "ports/transport_base.hpp"
#include "transport/sqlite_bus/bus.hpp"
#include "transport/sqlite_bus/headers.hpp"

namespace holdfast::transport {
namespace {

using Random = std::mt19937_64;

std::string any_bytes(Random& random, std::size_t most) {
  std::string out(random() % (most + 1), ' ');
  for (char& c : out) c = random() % 2 ? "{}[]\":,\\ue0129.-holdfastkey"[random() % 26] : static_cast<char>(random());
  return out;
}

std::string damaged(Random& random, std::string text) {
  for (auto faults = random() % 4; faults > 0; --faults) {
    const auto at = random() % text.size();
    if (random() % 2) text[at] = any_bytes(random, 1).append("\0", 1)[0];
    else text.insert(at, any_bytes(random, 6));
  }
  return text;
}

TEST(BusFuzz, HeadersAreReadOrLeftOut) {
  Random random(1);
  const std::string good = sqlite_bus::headers_to_json({{"holdfast-key", "7"}, {"a", "\"\\\n"}, {"e", "\u00e9"}});
  int readable = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto read = sqlite_bus::headers_from_json(damaged(random, good));
    readable += !read.empty();
    EXPECT_EQ(sqlite_bus::headers_from_json(sqlite_bus::headers_to_json(read)), read)
        << "what was read goes on its way";
  }
  EXPECT_GT(readable, 5'000);
  EXPECT_LT(readable, 19'900);
}

void put(sqlite3_stmt* insert, int column, Random& random, const std::string& right) {
  switch (random() % 8) {
    case 0: sqlite3_bind_int64(insert, column, static_cast<sqlite3_int64>(random())); break;
    case 1: sqlite3_bind_double(insert, column, static_cast<double>(random()) / 7); break;
    case 2: {
      const auto bytes = any_bytes(random, 300);
      sqlite3_bind_blob(insert, column, bytes.data(), static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
      break;
    }
    default: {
      const auto text = damaged(random, right);
      sqlite3_bind_text(insert, column, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    }
  }
}

TEST(BusFuzz, G5_Isolation_EveryRowComesOutOnce) {
  std::string name = (std::filesystem::temp_directory_path() / "holdfast-bus-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(name.data());
  const auto bus = open_sqlite_bus((folder / "bus.db").string(), ports::system_clock()).impl();
  for (const bool by_key : {true, false}) bus->topology().declare({by_key ? "keyed" : "loose", {"#"}, by_key});
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "bus.db").c_str(), &db), SQLITE_OK);
  sqlite3_stmt* insert = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(db,
                               "INSERT INTO events(queue, message_id, type, headers, published_at, body) "
                               "SELECT id, ?1, ?2, ?3, ?4, ?5 FROM queues WHERE name = ?6",
                               -1, &insert, nullptr),
            SQLITE_OK);
  Random random(2);
  constexpr int rows = 1'500;
  std::size_t taken[2] = {};
  sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr);
  for (int i = 0; i < rows; ++i) {
    put(insert, 1, random, "1f09f4f7a1d24575a2b4b2a1b35c0b1a");
    put(insert, 2, random, "order.created.v1");
    put(insert, 3, random, R"({"holdfast-key":"7","holdfast-copy":"3","holdfast-attempt":"2","a":"b"})");
    put(insert, 4, random, "1755855000000");
    put(insert, 5, random, R"({"eventId":"1f09f4f7a1d24575a2b4b2a1b35c0b1a","eventType":"t","payload":{}})");
    sqlite3_bind_text(insert, 6, i % 2 ? "keyed" : "loose", -1, SQLITE_STATIC);
    taken[i % 2] += sqlite3_step(insert) == SQLITE_DONE;
    sqlite3_reset(insert);
  }
  sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_finalize(insert), sqlite3_close(db);

  for (const char* queue : {"keyed", "loose"}) {
    const auto receiver = bus->receiver({queue, {}}, "a test");
    receiver->credit(rows);
    std::set<std::uint64_t> tags;
    for (bool empty = false; !empty;) {
      ports::Received got;
      receiver->pump(ports::system_clock().steady(), got);
      ASSERT_TRUE(got.connected) << got.problem;
      std::vector<ports::Position> settled;
      for (const auto& d : got.deliveries) {
        EXPECT_TRUE(tags.insert(d.tag).second);
        EXPECT_GE(d.copy, 0);
        EXPECT_GE(d.attempt, 0);
        settled.push_back({d.session, d.tag});
      }
      receiver->ack(settled);
      empty = got.empty && got.deliveries.empty();
    }
    EXPECT_EQ(tags.size(), taken[queue == std::string("keyed")]);
    EXPECT_GT(tags.size(), std::size_t{rows / 3});
    EXPECT_EQ(bus->topology().depth(queue).ready, 0);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace holdfast::transport

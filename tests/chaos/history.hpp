// Numbered events of several keys, and what became of them: each key's effects are all its numbers, once, and in order.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "postgres_server/databases.hpp"

namespace holdfast::chaos {

class History {
 public:
  static constexpr int keys = 16;
  explicit History(const pg_test::Database& database) : database_(database) {
    database_.sql(
        "CREATE TABLE effects(n bigint GENERATED ALWAYS AS IDENTITY, what text); GRANT ALL ON effects TO app");
  }

  /// So many numbers more of each key, by SQL: whichever process has the lease of the relay sends them.
  void publish(int each) {
    database_.sql(
        "SELECT holdfast.publish('test.blow.v1', k::text, json_build_object('number', k, 'what', k || ' ' || n)) "
        "FROM generate_series(" +
        std::to_string(next_) + ", " + std::to_string(next_ + each - 1) + ") n, generate_series(1, " +
        std::to_string(keys) + ") k");
    next_ += each;
  }
  int published() const { return next_ * keys; }
  int handled() const { return std::stoi(database_.sql("SELECT count(*) FROM effects")); }

  void judge() const {
    std::map<std::string, std::vector<std::string>> by_key;
    std::istringstream rows(database_.sql("SELECT what FROM effects ORDER BY n"));
    for (std::string key, number; rows >> key >> number;) by_key[key].push_back(number);
    std::vector<std::string> right;
    for (int n = 0; n < next_; ++n) right.push_back(std::to_string(n));
    EXPECT_EQ(by_key.size(), static_cast<std::size_t>(keys));
    for (const auto& [key, numbers] : by_key) EXPECT_EQ(numbers, right) << "of key " << key;
  }

 private:
  const pg_test::Database& database_;
  int next_ = 0;
};

}  // namespace holdfast::chaos

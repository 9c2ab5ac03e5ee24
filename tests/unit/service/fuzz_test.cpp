// A configuration file of whatever bytes: read, or an error that names the file and the line. Never a crash, never half a value.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <random>

#include "holdfast/errors.hpp"
#include "service/config.hpp"
#include "service/keys.hpp"
#include "service/units.hpp"

namespace holdfast::service {
namespace {

const std::string good = R"(name = "order"
[database]
url = "sqlite:/var/lib/shop/orders.db"  # where
connections = 10
acquire_timeout = "5s"
migrate = true
[http]
listen = "127.0.0.1:8081"
max_body = "1MiB"
[consumer]
ordering = "by_key"
[retention]
published = "7d"
inbox = "14d"
)";

std::string damaged(std::mt19937_64& random) {
  std::string text = good;
  for (auto faults = 1 + random() % 4; faults > 0; --faults) {
    const auto at = random() % text.size();
    switch (random() % 5) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text.erase(at, 1 + random() % 20); break;
      case 2: text.insert(at, 1, "[]{}=\".#\n\\'-_\0\xff"[random() % 15]); break;
      case 3: text.insert(at, good.substr(random() % good.size(), random() % 40)); break;
      default: text[at] = "0123456789smhdKMiB"[random() % 18];
    }
    if (text.empty()) text = " ";
  }
  return text;
}

TEST(ConfigFuzz, ADamagedFileIsReadOrToldWithItsPlace) {
  std::string name = (std::filesystem::temp_directory_path() / "holdfast-config-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(name.data());
  const auto file = (folder / "fuzz.toml").string();
  std::mt19937_64 random(20250822);
  int read = 0, told = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto text = damaged(random);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
    Config config(service_keys({.name = "a-service", .listen = "127.0.0.1:8080"}));
    try {
      config.read_file(file);
      check_together(config);
      ++read;
      for (const auto& key : config.keys()) {  // what was read can be used
        if (key.kind == Kind::integer && !config.text(key.name).empty()) config.integer(key.name);
        if (key.kind == Kind::duration && !config.text(key.name).empty()) config.duration(key.name);
        if (key.kind == Kind::size) config.size(key.name);
        if (key.kind == Kind::boolean) config.boolean(key.name);
      }
      EXPECT_FALSE(config.print().empty());
    } catch (const Invalid& wrong) {
      ++told;
      EXPECT_TRUE(wrong.where().starts_with(file) || wrong.where().find('.') != std::string::npos)
          << wrong.what() << "\n"
          << text;
      EXPECT_FALSE(wrong.reason().empty()) << text;
    }
  }
  EXPECT_GT(read, 30);
  EXPECT_GT(told, 300);
  std::filesystem::remove_all(folder);
}

/// Digits and a unit as the page says, read another way; nothing: it is none, or too much.
std::optional<std::int64_t> by_hand(const std::string& text, const std::map<std::string, std::int64_t>& units) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto unit = units.find(text.substr(digits));
  if (digits == 0 || unit == units.end()) return {};
  long double number = 0;
  for (const char c : text.substr(0, digits)) number = number * 10 + (c - '0');
  if (number * static_cast<long double>(unit->second) >
      static_cast<long double>(std::numeric_limits<std::int64_t>::max()))
    return {};
  return static_cast<std::int64_t>(number) * unit->second;
}

template <class Parse>
std::optional<std::int64_t> parsed(const std::string& text, Parse parse) {
  try {
    return parse(text);
  } catch (const Invalid& wrong) {
    EXPECT_TRUE(wrong.reason().starts_with("'" + text + "' is not understood")) << wrong.reason();
    return {};
  }
}

TEST(UnitsFuzz, AreReadToTheLastDigitOrTold) {
  std::mt19937_64 random(20250824);
  int read = 0, told = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string text(random() % 3 ? random() % 4 : random() % 21, ' ');
    for (char& c : text) c = random() % 32 ? "0123456789"[random() % 10] : static_cast<char>(random());
    if (random() % 16 == 0) text = "-+. "[random() % 4] + text;
    constexpr const char* units[] = {"", "ms", "s", "m", "h", "d", "B", "KiB", "MiB", "GiB", "S", "kb", "h "};
    text += units[random() % std::size(units)];
    const auto duration = parsed(text, [](const auto& t) { return parse_duration(t).count(); });
    const auto size = parsed(text, parse_size);
    EXPECT_EQ(duration, by_hand(text, {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}))
        << text;
    EXPECT_EQ(size, by_hand(text, {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}})) << text;
    EXPECT_EQ(parsed(text, parse_integer), by_hand(text, {{"", 1}})) << text;
    duration || size ? ++read : ++told;
  }
  EXPECT_GT(read, 2'000);
  EXPECT_GT(told, 1'000);
}

}  // namespace
}  // namespace holdfast::service

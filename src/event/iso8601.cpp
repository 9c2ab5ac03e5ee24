#include <array>
#include <cstdio>

#include "holdfast/errors.hpp"
#include "holdfast/event.hpp"

namespace holdfast {
namespace {

using namespace std::chrono;

[[noreturn]] void not_a_time() {
  throw Invalid("", "not a time: 2025-08-22T09:30:00Z, with a fraction or an offset (+05:30) where needed");
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!at(wanted)) not_a_time();
  }
  int number(int digits, int least, int most) {
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      if (!digit()) not_a_time();
      value = value * 10 + take_digit();
    }
    if (value < least || value > most) not_a_time();
    return value;
  }
  microseconds fraction() {
    if (!at('.')) return {};
    if (!digit()) not_a_time();
    std::int64_t count = 0;
    std::int64_t unit = 100'000;
    for (int read = 0; digit(); unit /= 10) {
      if (++read > 9) not_a_time();
      count += take_digit() * unit;
    }
    return microseconds(count);
  }
  minutes offset() {
    if (at('Z')) return {};
    const bool east = at('+');
    if (!east) expect('-');
    const hours h(number(2, 0, 23));
    expect(':');
    const minutes distance = h + minutes(number(2, 0, 59));
    return east ? distance : -distance;
  }
  void expect_end() const {
    if (!text_.empty()) not_a_time();
  }

 private:
  bool digit() const { return !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; }
  int take_digit() {
    const int value = text_.front() - '0';
    text_.remove_prefix(1);
    return value;
  }
  std::string_view text_;
};

}  // namespace

std::string to_iso8601(Timestamp time) {
  const auto whole = floor<seconds>(time);
  const auto micros = static_cast<int>(floor<microseconds>(time - whole).count());
  const auto day = floor<days>(whole);
  const year_month_day date(day);
  const hh_mm_ss clock(whole - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string result = text.data();
  if (micros != 0) {
    const bool millis = micros % 1000 == 0;
    std::snprintf(text.data(), text.size(), millis ? ".%03d" : ".%06d", millis ? micros / 1000 : micros);
    result += text.data();
  }
  return result + "Z";
}

Timestamp from_iso8601(std::string_view text) {
  Reader in(text);
  const year y(in.number(4, 0, 9999));
  in.expect('-');
  const month m(static_cast<unsigned>(in.number(2, 1, 12)));
  in.expect('-');
  const year_month_day date(y, m, day(static_cast<unsigned>(in.number(2, 1, 31))));
  if (!date.ok()) not_a_time();
  in.expect('T');
  const hours h(in.number(2, 0, 23));
  in.expect(':');
  const minutes min(in.number(2, 0, 59));
  in.expect(':');
  const seconds sec(in.number(2, 0, 59));
  const microseconds fraction = in.fraction();
  const minutes offset = in.offset();
  in.expect_end();
  // A nanosecond count of 64 bits ends in 1677 and 2262.
  if (y < year(1678) || y > year(2261)) throw Invalid("", "a time outside the years 1678 to 2261");
  return sys_days(date) + h + min + sec + fraction - offset;
}

}  // namespace holdfast

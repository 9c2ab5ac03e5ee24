// A session's dialogue: what goes in, what comes out, in words.
#pragma once
#include <gtest/gtest.h>

#include <sstream>

#include "inbox/session.hpp"

namespace holdfast::inbox::test {

using ports::Millis;
using Words = std::vector<std::string>;

/// An event of key "k" whose lane is known; r: delivered before.
struct Given {
  std::uint64_t tag;
  std::string key = "k";
  bool redelivered = false;
  std::string type = "t";
};

class Talk : public testing::Test {
 protected:
  explicit Talk(bool clean_end = true) : clean_(clean_end) {
    options.lanes = 1;
    options.batch = 3;
  }
  Session& session() {
    if (!session_) session_.emplace(options, clean_);
    return *session_;
  }

  Words start() { return say(session().start(now)); }
  Words receive(const std::vector<Given>& given, std::uint64_t number = 1) {
    Arrived arrived{true, false, {}, {}};
    for (const Given& g : given) arrived.arrivals.push_back(arrival(g, number));
    return say(session().received(now, std::move(arrived)));
  }
  Words end_session(std::uint64_t number) { return say(session().received(now, {false, false, {number}, {}})); }
  Words empty() { return say(session().received(now, {true, true, {}, {}})); }
  Words done(std::size_t settled, int lane = 0) { return settle(lane, handled(settled)); }
  Words settle(int lane, const Report& report) { return say(session().settled(now, lane, report)); }
  Words due(std::vector<ports::Due> list) { return say(session().due(now, std::move(list))); }
  Words store_down() { return say(session().store_down(now)); }
  Words stop() { return say(session().stop(now)); }
  Words after(Millis time) {
    now += time;
    return say(session().tick(now));
  }
  /// The deferred events are looked for and none is due.
  Words nothing_due() { return due({}); }

  static Report handled(std::size_t settled) {
    Report report;
    report.settled = settled;
    report.counts.handled = static_cast<int>(settled);
    return report;
  }
  static Report duplicate() {
    Report report;
    report.settled = report.counts.duplicates = 1;
    return report;
  }
  static Report unavailable(std::size_t settled = 0, const std::string& type = "t") {
    Report report = handled(settled);
    report.end = Report::End::unavailable;
    report.type = type;
    return report;
  }
  static Report down(std::size_t settled = 0) {
    Report report = handled(settled);
    report.end = Report::End::store_down;
    return report;
  }
  static Report suspect(int starts) {
    Report report;
    report.end = Report::End::suspect;
    report.starts = {1, 0, starts};
    return report;
  }

  static Arrival arrival(const Given& given, std::uint64_t number) {
    ports::Delivery delivery;
    delivery.session = number;
    delivery.tag = given.tag;
    delivery.redelivered = given.redelivered;
    delivery.type = given.type;
    return {std::make_shared<const ports::Delivery>(delivery), id(given.tag), given.key};
  }
  /// Of one tag is one event, in whichever session.
  static EventId id(std::uint64_t tag) { return EventId::of_body("event " + std::to_string(tag)); }
  static ports::Due due_of(std::uint64_t tag, const std::string& key = "k", const std::string& type = "t") {
    return {id(tag), key, type};
  }
  static std::string deferred(std::uint64_t tag, const std::string& how = " guarded") {
    return "run deferred, lane 0: " + id(tag).to_string() + how;
  }

  SessionOptions options;
  ports::Tick now{std::chrono::hours(1)};

 private:
  static Words say(const Actions& actions) {
    Words words;
    for (const Action& action : actions) words.push_back((std::ostringstream() << action).str());
    return words;
  }
  bool clean_;
  std::optional<Session> session_;
};

inline Words words(std::initializer_list<std::string> list) { return list; }

}  // namespace holdfast::inbox::test

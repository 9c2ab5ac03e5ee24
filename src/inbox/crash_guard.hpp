// G5, link 3: an event that ends the process each time it runs dies alone. G6: a release that ends it with every event uses
// up nothing.
// Who has starts that were not finished is a suspect: it runs alone in the process, after another one where there is one.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "inbox/backoff.hpp"
#include "ports/inbox_store.hpp"

namespace holdfast::inbox {

enum class Guarded { run, alone, crash_loop };
/// May an event with these unfinished starts be started? exclusive: it would run alone in the process.
Guarded judge(const ports::Starts& before, bool exclusive, int crash_limit, int alone_limit);

struct CrashGuardOptions {
  int prefetch_after_crash = 4;  // doubled with each success
  ports::Millis alone_after{5'000};  // nothing of another key in that time: it is alone in the queue
  Backoff restart{ports::Millis(1'000), ports::Millis(300'000)};
};

struct Suspect {
  EventId id;
  std::string key;
  int lane = 0;
  ports::Starts starts;
  std::optional<ports::Due> due = {};  // a deferred one
};

class CrashGuard {
 public:
  CrashGuard(CrashGuardOptions options, bool clean_end, int full_prefetch);

  void hold(ports::Tick now, Suspect suspect);
  void release(const EventId& id);
  bool holds(const EventId& id) const;
  bool holds_any() const { return !held_.empty(); }
  /// An event of this key was settled. Handled: news for the others. A mere duplicate is none: a process that dies of its next event
  /// takes the duplicate's ack with it, so it would come first again in each life, and tell nothing.
  void settled(const std::string& key, bool handled);

  /// Whose turn it is to run alone, if anybody's. others: does one of another key than this wait here, free to go?
  struct Turn {
    Suspect suspect;
    bool alone_in_queue = false;
  };
  template <class Others>
  std::optional<Turn> turn(ports::Tick now, bool queue_empty, Others&& others) const;

  /// After an unclean end, until something was settled: one at a time, and each restart waits longer.
  bool careful() const { return careful_; }
  ports::Tick careful_until() const { return careful_until_; }
  int prefetch() const;
  std::optional<ports::Tick> next(ports::Tick now) const;

 private:
  struct Held {
    Suspect suspect;
    ports::Tick since, not_before;
    bool news = false;
  };
  const Held* first(ports::Tick now) const;
  bool has_rival(const Held& held) const;

  CrashGuardOptions options_;
  bool careful_;
  int full_prefetch_, prefetch_;
  ports::Tick careful_until_{};
  std::vector<Held> held_;
};

template <class Others>
std::optional<CrashGuard::Turn> CrashGuard::turn(ports::Tick now, bool queue_empty, Others&& others) const {
  const Held* held = first(now);
  if (!held) return {};
  if (held->news) return Turn{held->suspect, false};
  if (others(held->suspect.key)) return {};  // they go first, and bring news
  if (has_rival(*held)) return Turn{held->suspect, false};
  if (!queue_empty && now < held->since + options_.alone_after) return {};
  return Turn{held->suspect, true};
}

}  // namespace holdfast::inbox

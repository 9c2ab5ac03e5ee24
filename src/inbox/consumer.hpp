// What lane workers, the due worker and the DLQ import call: straight, blocking code, all on the calling thread.
// Any number of threads. Each call returns when what became of the events is committed, or says in its report what is not.
#pragma once
#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "inbox/crash_guard.hpp"
#include "inbox/reading.hpp"
#include "inbox/report.hpp"
#include "inbox/surroundings.hpp"

namespace holdfast::inbox {

/// Starts that this process wrote and whose runs ended without the event being settled: it did not die of them. They are to be
/// taken back before another event may end the process; else that death would be counted against both.
class LeftStarts {
 public:
  void add(const ports::StartRef& start);
  std::vector<ports::StartRef> all() const;
  void remove(std::span<const ports::StartRef> taken_back);

 private:
  mutable std::mutex mutex_;
  std::set<ports::StartRef> starts_;
};

class Consumer {
 public:
  explicit Consumer(Surroundings surroundings) : here_(std::move(surroundings)) {}

  Arrival arrive(ports::Delivery delivery) const { return inbox::arrive(std::move(delivery), here_.handlers); }
  Report run_batch(std::span<const Arrival> batch, How how = {});
  Report run_deferred(const ports::Due& due, How how = {.guarded = true});
  Report import_dead_letter(const ports::Delivery& dead_letter);

 private:
  struct Start {
    Guarded guarded = Guarded::run;
    std::int64_t number = 0;
    ports::Starts before;
    std::optional<Report> failed;
  };
  Guarded judge(const ports::Starts& before, const How& how) const;
  Start start(const EventId& id, const How& how);
  std::optional<Report> take_back_left();
  static Report suspect(const ports::Starts& starts);

  Surroundings here_;
  std::atomic<std::int64_t> last_number_ = 0;
  LeftStarts left_starts_;
};

}  // namespace holdfast::inbox

// What lane workers, the due worker and the DLQ import call: straight, blocking code, all on the calling thread.
// Any number of threads. Each call returns when what became of the events is committed, or says in its report what is not.
#pragma once
#include <map>
#include <mutex>
#include <span>

#include "inbox/crash_guard.hpp"
#include "inbox/reading.hpp"
#include "inbox/report.hpp"
#include "inbox/surroundings.hpp"

namespace holdfast::inbox {

/// Starts that this process wrote and whose runs ended without being settled: it did not die of them. Each with those that
/// stood there before, unfinished: of another process.
class OpenStarts {
 public:
  std::optional<ports::Starts> find(const EventId& id) const;
  void add(const EventId& id, const ports::Starts& before);
  void remove(const EventId& id);

 private:
  mutable std::mutex mutex_;
  std::map<EventId, ports::Starts> before_;
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
    ports::Starts before;
    std::optional<Report> failed;
  };
  Guarded judge(const ports::Starts& before, const How& how) const;
  Start start(const EventId& id, const How& how);
  void end_start(const EventId& id, const Start& start, const Report& report);
  static Report suspect(const ports::Starts& starts);

  Surroundings here_;
  OpenStarts open_starts_;
};

}  // namespace holdfast::inbox

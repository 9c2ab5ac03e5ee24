// Runs simulated processes one step at a time; which one goes on is chosen by the seed. A step takes a millisecond of simulated
// time; where nobody can go on, time jumps to the next thing to happen.
#pragma once
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/fiber/fiber.hpp"
#include "simulation/random.hpp"

namespace sim {

using Time = std::int64_t;  // milliseconds since the start
inline constexpr Time never = std::numeric_limits<Time>::max();

/// Thrown out of a point of a process that was killed. Not a std::exception: no handler shall take it for a failure.
struct Killed {};

class Scheduler {
 public:
  explicit Scheduler(std::uint64_t seed) : random(seed) {}
  ~Scheduler() { stop(); }

  /// A process begins with one task, which may spawn others; they die together and the process starts again from its main.
  int add(std::string name, std::function<void()> main);
  void kill(int process, Time down_for);
  void freeze(int process, Time for_so_long) { processes_[process].frozen_until = now + for_so_long; }  // SIGSTOP
  /// One task goes to its next point. False: time jumped instead, to `next` or to when a task wakes.
  bool step(Time next = never);
  void stop();  // kills all, for good
  void all_up();  // whoever is down or stands still goes on
  bool frozen(int process) const { return process >= 0 && processes_[process].frozen_until > now; }
  bool up(int process) const { return !processes_[process].down; }
  const std::string& name(int process) const { return processes_[process].name; }

  // For the task that runs; one that is none lets the others run meanwhile:
  void spawn(std::function<void()> body);
  void point();  // another one may run here, or this one is killed
  void sleep(Time at_least);
  template <class Over>
  bool wait(Over&& over, Time until = never) {  // false: it is not over, but `until` has come
    const Condition condition{
        [](void* f) { return static_cast<bool>((*static_cast<std::remove_reference_t<Over>*>(f))()); },
        const_cast<void*>(static_cast<const void*>(&over))};
    wait_for(condition, until);
    return over();
  }
  [[noreturn]] void crash(Time down_for);  // this process ends here
  bool dying() const { return current_ && current_->killed; }
  int current() const { return current_ ? current_->process : -1; }

  Random random;
  Time now = 0;
  Time step_takes = 1;
  std::uint64_t steps = 0;
  std::uint64_t trail = 0;  // hash of who ran when: the same seed gives the same
  std::string defect;  // a task ended by an exception: never right

 private:
  struct Condition {
    bool (*over)(void*);
    void* self;
  };
  struct Task {
    int process;
    bool killed = false;
    Time wake = 0;
    const Condition* condition = nullptr;
    std::unique_ptr<Fiber> fiber;
  };
  struct Process {
    std::string name;
    std::function<void()> main;
    Time up_at = 0;
    bool down = false;
    Time frozen_until = 0;
    Time crashed_for = 0;  // > 0: a task of it asked for its end
  };
  void begin(int process, std::function<void()> body);
  void run(Task& task);
  void wait_for(const Condition& condition, Time until);
  void run_others(const std::function<bool()>& over, Time until);  // for a caller that is no task

  std::vector<Process> processes_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<Task*> ready_;
  Task* current_ = nullptr;
};

}  // namespace sim

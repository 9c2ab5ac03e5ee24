#include "simulation/scheduler.hpp"

#include <algorithm>
#include <utility>

namespace sim {

int Scheduler::add(std::string name, std::function<void()> main) {
  processes_.push_back({std::move(name), std::move(main)});
  const int process = static_cast<int>(processes_.size()) - 1;
  begin(process, processes_.back().main);
  return process;
}

void Scheduler::begin(int process, std::function<void()> body) {
  auto task = std::make_unique<Task>();
  task->process = process;
  task->fiber = std::make_unique<Fiber>([this, process, body = std::move(body)] {
    try {
      body();
    } catch (const Killed&) {
    } catch (const std::exception& error) { defect = name(process) + " ended by: " + error.what(); } catch (...) {
      defect = name(process) + " ended by an exception of another kind";
    }
  });
  tasks_.push_back(std::move(task));
}

void Scheduler::spawn(std::function<void()> body) { begin(current_->process, std::move(body)); }

void Scheduler::run(Task& task) {
  Task* const before = std::exchange(current_, &task);
  task.fiber->resume();
  current_ = before;
}

void Scheduler::kill(int process, Time down_for) {
  Process& p = processes_[process];
  if (p.down) return;
  p.down = true, p.up_at = down_for == never ? never : now + down_for, p.crashed_for = 0;
  for (std::size_t i = 0; i < tasks_.size(); ++i)
    if (Task& task = *tasks_[i]; task.process == process)
      for (task.killed = true; !task.fiber->done();) run(task);
  std::erase_if(tasks_, [&](const auto& task) { return task->process == process; });
}

void Scheduler::stop() {
  for (int i = 0; i < static_cast<int>(processes_.size()); ++i) kill(i, never);
}

void Scheduler::all_up() {
  for (Process& p : processes_) p.up_at = p.frozen_until = 0;
}

bool Scheduler::step(Time next) {
  for (int i = 0; i < static_cast<int>(processes_.size()); ++i)
    if (Process& p = processes_[i]; p.down) {
      if (p.up_at > now) next = std::min(next, p.up_at);
      else p.down = false, begin(i, p.main);
    }
  ready_.clear();
  for (const auto& task : tasks_) {
    if (const Time frozen = processes_[task->process].frozen_until; frozen > now) {
      next = std::min(next, frozen);
      continue;
    }
    const bool over = !task->condition || task->condition->over(task->condition->self);
    if (task->wake <= now || (task->condition && over)) ready_.push_back(task.get());
    else next = std::min(next, task->wake);
  }
  if (ready_.empty()) {
    now = next == never ? now + step_takes : std::max(now + step_takes, next);
    return false;
  }
  now += step_takes, ++steps;
  const int choice = random.below(static_cast<int>(ready_.size()));
  trail = (trail ^ static_cast<std::uint64_t>(now * 64 + choice)) * 0x9E3779B97F4A7C15ull;
  Task& task = *ready_[choice];
  const int process = task.process;
  run(task);
  if (processes_[process].crashed_for > 0) kill(process, processes_[process].crashed_for);
  else if (task.fiber->done()) std::erase_if(tasks_, [&](const auto& t) { return t.get() == &task; });
  return true;
}

void Scheduler::point() {
  if (!current_) return;
  Task& me = *current_;
  if (!me.killed) me.fiber->pause();
  if (me.killed) throw Killed();
}

void Scheduler::sleep(Time at_least) {
  if (!current_) return run_others([] { return false; }, now + at_least);
  current_->wake = now + at_least;
  point();
}

void Scheduler::run_others(const std::function<bool()>& over, Time until) {
  while (!over() && now < until) step(until);
}

void Scheduler::wait_for(const Condition& condition, Time until) {
  if (!current_) return run_others([&] { return condition.over(condition.self); }, until);
  Task& me = *current_;
  me.condition = &condition, me.wake = until;
  if (!me.killed) me.fiber->pause();
  me.condition = nullptr, me.wake = 0;
  if (me.killed) throw Killed();
}

void Scheduler::crash(Time down_for) {
  processes_[current_->process].crashed_for = std::max<Time>(1, down_for);
  current_->killed = true;
  throw Killed();
}

}  // namespace sim

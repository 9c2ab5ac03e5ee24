// Threads for handlers that block, with a bounded queue before them.
// With patience, jobs wait for a thread that works: another is woken once none has taken a job for so long, or the queue is half
// full. Where jobs take turns at one thing (SQLite has one writer), handing it over costs more than waiting for who is warm.
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace holdfast::http {

class WorkerPool {
 public:
  WorkerPool(int threads, int max_queued, std::chrono::microseconds patience = {});
  ~WorkerPool();  // runs what is queued, then joins

  bool try_submit(std::function<void()> job);  // false: every thread is busy and the queue is full

 private:
  void work();
  bool wait_for_job(std::unique_lock<std::mutex>& lock);  // false: the pool ends
  bool is_warm(std::size_t mine) const;
  bool may_take() const;
  void find_a_watcher();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  const std::size_t max_queued_;
  const std::chrono::microseconds patience_;
  std::size_t running_ = 0;
  std::size_t taken_ = 0;  // ever
  bool watched_ = false;  // a thread looks whether jobs are still taken
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace holdfast::http

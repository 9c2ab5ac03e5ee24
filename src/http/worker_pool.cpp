#include "http/worker_pool.hpp"

#include <algorithm>

namespace holdfast::http {

WorkerPool::WorkerPool(int threads, int max_queued, std::chrono::microseconds patience)
    : max_queued_(static_cast<std::size_t>(std::max(0, max_queued))), patience_(patience) {
  const auto count = static_cast<std::size_t>(std::max(1, threads));
  const std::lock_guard lock(mutex_);  // they ask how many they are
  while (threads_.size() < count) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool WorkerPool::try_submit(std::function<void()> job) {
  std::lock_guard lock(mutex_);
  const std::size_t idle = threads_.size() - running_;  // a job that an idle thread is waking up for is no wait
  if (jobs_.size() >= idle + max_queued_) return false;
  jobs_.push_back(std::move(job));
  if (may_take()) wake_.notify_one();
  else find_a_watcher();
  return true;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (std::size_t mine = 0; is_warm(mine) || wait_for_job(lock);) {
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    ++running_, mine = ++taken_;
    if (!jobs_.empty()) find_a_watcher();
    lock.unlock();
    job();
    job = nullptr;  // what it holds may be large, and is not the lock's business
    lock.lock();
    --running_;
  }
}

/// It took the last job that was taken, and goes on, whatever the others hang at.
bool WorkerPool::is_warm(std::size_t mine) const { return mine == taken_ && mine > 0 && !jobs_.empty(); }

bool WorkerPool::wait_for_job(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    if (!jobs_.empty() && (may_take() || stopping_)) return true;
    if (stopping_) return false;
    if (jobs_.empty() || watched_) {
      wake_.wait(lock);
      continue;
    }
    watched_ = true;
    const auto before = taken_;
    const bool over = wake_.wait_for(lock, patience_) == std::cv_status::timeout;
    watched_ = false;
    if (over && taken_ == before && !jobs_.empty()) return true;
  }
}

bool WorkerPool::may_take() const { return patience_.count() == 0 || running_ == 0 || jobs_.size() > max_queued_ / 2; }

void WorkerPool::find_a_watcher() {
  if (patience_.count() > 0 && !watched_) wake_.notify_one();
}

}  // namespace holdfast::http

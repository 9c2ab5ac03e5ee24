#include "http/worker_pool.hpp"

#include <algorithm>

namespace holdfast::http {

WorkerPool::WorkerPool(int threads, int max_queued)
    : max_queued_(static_cast<std::size_t>(std::max(0, max_queued))),
      idle_(static_cast<std::size_t>(std::max(1, threads))) {
  threads_.reserve(idle_);
  for (std::size_t i = 0, n = idle_; i < n; ++i) threads_.emplace_back([this] { work(); });
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
  {
    std::lock_guard lock(mutex_);
    if (jobs_.size() >= idle_ + max_queued_) return false;  // a queued job an idle thread is waking up for is no wait
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    --idle_;
    lock.unlock();
    job();
    job = nullptr;  // what it holds may be large, and is not the lock's business
    lock.lock();
    ++idle_;
  }
}

}  // namespace holdfast::http

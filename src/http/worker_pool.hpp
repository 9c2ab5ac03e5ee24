// Threads for handlers that block, with a bounded queue before them.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace holdfast::http {

class WorkerPool {
 public:
  WorkerPool(int threads, int max_queued);
  ~WorkerPool();  // runs what is queued, then joins

  bool try_submit(std::function<void()> job);  // false: every thread is busy and the queue is full

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  const std::size_t max_queued_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace holdfast::http

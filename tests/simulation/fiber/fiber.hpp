// A stack of its own for each simulated task, of which one runs at a time. Two builds of one interface: on Boost.Context, and
// on threads (33 times slower; every debugger and TSan understands them).
#pragma once
#include <functional>
#include <memory>

namespace sim {

class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  ~Fiber();  // must be done
  void resume();  // by the scheduler: runs until the body pauses or ends
  void pause();  // by the body
  bool done() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sim

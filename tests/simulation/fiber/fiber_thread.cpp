// Fibers as threads with one baton: only its holder runs.
#include "simulation/fiber/build.hpp"

#ifdef HOLDFAST_SIM_THREADS
#include <semaphore>
#include <thread>

#include "simulation/fiber/fiber.hpp"

namespace sim {

struct Fiber::Impl {
  std::function<void()> body;  // ends with the fiber, in the thread that holds the baton
  std::binary_semaphore go{0}, back{0};
  bool done = false;
  std::thread thread;
};

Fiber::Fiber(std::function<void()> body) : impl_(std::make_unique<Impl>()) {
  impl_->body = std::move(body);
  impl_->thread = std::thread([me = impl_.get()] {
    me->go.acquire();
    me->body();
    me->done = true;
    me->back.release();
  });
}

Fiber::~Fiber() { impl_->thread.join(); }
bool Fiber::done() const { return impl_->done; }
void Fiber::resume() {
  impl_->go.release();
  impl_->back.acquire();
}
void Fiber::pause() {
  impl_->back.release();
  impl_->go.acquire();
}

}  // namespace sim
#endif

// Fibers on Boost.Context.
#include "simulation/fiber/build.hpp"

#ifndef HOLDFAST_SIM_THREADS
#include <boost/context/fiber.hpp>

#include "simulation/fiber/exception_state.hpp"
#include "simulation/fiber/fiber.hpp"
#include "simulation/fiber/stacks.hpp"

namespace sim {
namespace ctx = boost::context;

struct Fiber::Impl {
  std::function<void()> body;
  ctx::fiber mine, outside;
  bool done = false;
  ExceptionState exceptions;
  void *fake_outside = nullptr, *fake_mine = nullptr;  // AddressSanitizer's
  const void *bottom = nullptr, *outside_bottom = nullptr;
  std::size_t outside_size = 0;
};

namespace {

struct PooledStack {
  const void** bottom;
  ctx::stack_context allocate() {
    ctx::stack_context stack;
    stack.size = stack_size;
    stack.sp = static_cast<char*>(Stacks::pool().take()) + stack_size;
    *bottom = static_cast<char*>(stack.sp) - stack_size;
    return stack;
  }
  void deallocate(ctx::stack_context& stack) { Stacks::pool().give(static_cast<char*>(stack.sp) - stack.size); }
};

}  // namespace

Fiber::Fiber(std::function<void()> body) : impl_(std::make_unique<Impl>()) {
  Impl& me = *impl_;
  me.body = std::move(body);
  me.mine = ctx::fiber(std::allocator_arg, PooledStack{&me.bottom}, [&me](ctx::fiber&& outside) {
    asan::arrive(nullptr, &me.outside_bottom, &me.outside_size);
    me.outside = std::move(outside);
    me.body();
    me.done = true;
    asan::leave(nullptr, me.outside_bottom, me.outside_size);
    return std::move(me.outside);
  });
}

Fiber::~Fiber() = default;
bool Fiber::done() const { return impl_->done; }

void Fiber::resume() {
  Impl& me = *impl_;
  me.exceptions.swap();
  asan::leave(&me.fake_outside, me.bottom, stack_size);
  me.mine = std::move(me.mine).resume();
  asan::arrive(me.fake_outside, nullptr, nullptr);
  me.exceptions.swap();
}

void Fiber::pause() {
  Impl& me = *impl_;
  asan::leave(&me.fake_mine, me.outside_bottom, me.outside_size);
  me.outside = std::move(me.outside).resume();
  asan::arrive(me.fake_mine, &me.outside_bottom, &me.outside_size);
}

}  // namespace sim
#endif

// Stacks with a guard page below, used again: a seed needs some dozens, all seeds together no more.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

#include "simulation/fiber/asan.hpp"

namespace sim {

inline constexpr std::size_t guard_size = 4096, stack_size = 256 * 1024;

class Stacks {
 public:
  void* take() {  // its lowest byte
    if (free_.empty()) return fresh();
    void* stack = free_.back();
    free_.pop_back();
    return stack;
  }
  void give(void* stack) {
    asan::clean(stack, stack_size);
    free_.push_back(stack);
  }
  static Stacks& pool() {
    static Stacks all;
    return all;
  }

 private:
  static void* fresh() {
    void* all = mmap(nullptr, guard_size + stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) throw std::bad_alloc();
    mprotect(all, guard_size, PROT_NONE);
    return static_cast<char*>(all) + guard_size;
  }
  std::vector<void*> free_;
};

}  // namespace sim

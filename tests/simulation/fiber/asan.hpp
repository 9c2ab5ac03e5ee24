// Tells AddressSanitizer of each switch of stacks, by hand: Debian's Boost.Context does not. Nothing in other builds.
#pragma once
#include <cstddef>

#include "simulation/fiber/build.hpp"

#ifdef HOLDFAST_SIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
namespace sim::asan {
inline void leave(void** fake, const void* bottom, std::size_t size) {
  __sanitizer_start_switch_fiber(fake, bottom, size);
}
inline void arrive(void* fake, const void** bottom, std::size_t* size) {
  __sanitizer_finish_switch_fiber(fake, bottom, size);
}
inline void clean(void* stack, std::size_t size) { __asan_unpoison_memory_region(stack, size); }
}  // namespace sim::asan
#else
namespace sim::asan {
inline void leave(void**, const void*, std::size_t) {}
inline void arrive(void*, const void**, std::size_t*) {}
inline void clean(void*, std::size_t) {}
}  // namespace sim::asan
#endif

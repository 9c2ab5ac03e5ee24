// Which build of Fiber this is: threads where the sanitizer cannot follow switched stacks.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define HOLDFAST_SIM_THREADS
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HOLDFAST_SIM_THREADS
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define HOLDFAST_SIM_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HOLDFAST_SIM_ASAN
#endif
#endif

// For builds with ThreadSanitizer, which knows POSIX's threads alone: in one of C11, as librdkafka makes them, whatever it watches
// crashes. Here they are POSIX's; these stand before the C library's.
#include <pthread.h>
#include <threads.h>

#include <cstdint>
#include <memory>

namespace {

struct Job {
  thrd_start_t run;
  void* argument;
};

void* work(void* given) {
  const std::unique_ptr<Job> job(static_cast<Job*>(given));
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(job->run(job->argument)));
}

}  // namespace

extern "C" int thrd_create(thrd_t* thread, thrd_start_t run, void* argument) {
  auto job = std::make_unique<Job>(Job{run, argument});
  if (pthread_create(thread, nullptr, work, job.get()) != 0) return thrd_error;
  (void)job.release();  // the thread's now
  return thrd_success;
}

extern "C" int thrd_join(thrd_t thread, int* result) {
  void* end = nullptr;
  if (pthread_join(thread, &end) != 0) return thrd_error;
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(end));
  return thrd_success;
}

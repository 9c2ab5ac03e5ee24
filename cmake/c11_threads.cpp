// For builds with ThreadSanitizer, which knows POSIX's threads and locks alone. In a thread of C11, as librdkafka makes them, what it
// watches crashes; of locks of C11 it sees nothing, and takes what they guard for races. Here they are POSIX's, which in glibc they
// are made of; these functions stand before the C library's.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
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

pthread_mutex_t* posix(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* posix(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }
static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));

int result_of(int error) {
  if (error == ETIMEDOUT) return thrd_timedout;
  return error == 0 ? thrd_success : thrd_error;
}

}  // namespace

extern "C" {

/// It counts references by atomics that were not compiled to be watched: what the last holder frees is taken for a race.
const char* __tsan_default_suppressions() { return "race:librdkafka.so\nthread:librdkafka.so\n"; }

int thrd_create(thrd_t* thread, thrd_start_t run, void* argument) {
  auto job = std::make_unique<Job>(Job{run, argument});
  if (pthread_create(thread, nullptr, work, job.get()) != 0) return thrd_error;
  (void)job.release();  // the thread's now
  return thrd_success;
}

int thrd_join(thrd_t thread, int* result) {
  void* end = nullptr;
  if (pthread_join(thread, &end) != 0) return thrd_error;
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(end));
  return thrd_success;
}

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t how;
  pthread_mutexattr_init(&how);
  pthread_mutexattr_settype(&how, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  const int error = pthread_mutex_init(posix(mutex), &how);
  pthread_mutexattr_destroy(&how);
  return result_of(error);
}
void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy(posix(mutex)); }
int mtx_lock(mtx_t* mutex) { return result_of(pthread_mutex_lock(posix(mutex))); }
int mtx_unlock(mtx_t* mutex) { return result_of(pthread_mutex_unlock(posix(mutex))); }

int cnd_init(cnd_t* condition) { return result_of(pthread_cond_init(posix(condition), nullptr)); }
void cnd_destroy(cnd_t* condition) { pthread_cond_destroy(posix(condition)); }
int cnd_signal(cnd_t* condition) { return result_of(pthread_cond_signal(posix(condition))); }
int cnd_broadcast(cnd_t* condition) { return result_of(pthread_cond_broadcast(posix(condition))); }
int cnd_wait(cnd_t* condition, mtx_t* mutex) { return result_of(pthread_cond_wait(posix(condition), posix(mutex))); }
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  return result_of(pthread_cond_timedwait(posix(condition), posix(mutex), until));
}
}

#include "transport/sqlite_bus/receiver_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "holdfast/errors.hpp"

namespace holdfast::transport::sqlite_bus {
namespace {

struct flock one_byte(short type, std::int64_t receiver) {
  struct flock lock{};
  lock.l_type = type, lock.l_whence = SEEK_SET, lock.l_start = receiver, lock.l_len = 1;
  return lock;
}

/// Whoever may use the bus may lock beside it.
mode_t mode_of(const std::string& bus) {
  struct stat status{};
  return stat(bus.c_str(), &status) == 0 ? status.st_mode & 0666 : 0644;
}

[[noreturn]] void fail(const std::string& file, const char* what) {
  throw Unavailable(file + ": " + what + " failed (" + std::strerror(errno) +
                    "); the bus keeps the locks of its receivers there; check the folder's rights, it is tried again");
}

}  // namespace

ReceiverLock::ReceiverLock(const std::string& bus) : file_(bus + "-receivers") {
  descriptor_ = open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode_of(bus));
  if (descriptor_ < 0) fail(file_, "opening");
}

ReceiverLock::~ReceiverLock() { close(descriptor_); }

void ReceiverLock::hold(std::int64_t receiver) {
  drop();
  auto lock = one_byte(F_WRLCK, receiver);
  if (fcntl(descriptor_, F_OFD_SETLK, &lock) != 0) fail(file_, "locking");
}

void ReceiverLock::drop() noexcept {
  auto all = one_byte(F_UNLCK, 0);
  all.l_len = 0;  // to the end
  fcntl(descriptor_, F_OFD_SETLK, &all);
}

bool ReceiverLock::held_by_other(std::int64_t receiver) const {
  auto lock = one_byte(F_WRLCK, receiver);
  if (fcntl(descriptor_, F_OFD_GETLK, &lock) != 0) fail(file_, "looking at a lock");
  return lock.l_type != F_UNLCK;
}

}  // namespace holdfast::transport::sqlite_bus

// One `up` at a time: a program that was killed would find its usual port taken by another test's.
#pragma once
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

namespace holdfast::program_test {

class UsualPorts {
 public:
  UsualPorts()
      : lock_(open((std::filesystem::temp_directory_path() / "holdfast-usual-ports").c_str(),
                   O_CREAT | O_RDONLY | O_CLOEXEC, 0666)) {
    flock(lock_, LOCK_EX);
  }
  ~UsualPorts() { close(lock_); }
  UsualPorts(const UsualPorts&) = delete;

 private:
  int lock_;
};

/// A zombie, whoever should collect it, is not.
inline bool alive(std::int64_t pid) {
  std::error_code gone;
  (void)std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", gone);
  return !gone;
}

}  // namespace holdfast::program_test

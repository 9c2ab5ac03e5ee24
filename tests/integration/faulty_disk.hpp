// Between SQLite and the disk: makes the next write or sync of one database's write-ahead log fail with a code of SQLite's. Make it
// before anything opens that file; one at a time.
#pragma once
#include <sqlite3.h>

#include <atomic>
#include <string>

namespace holdfast {

class FaultyDisk {
 public:
  /// file: a part of its name.
  explicit FaultyDisk(std::string file) {
    file_ = std::move(file);
    base_ = sqlite3_vfs_find(nullptr);
    vfs_ = *base_;
    vfs_.zName = "faulty", vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyDisk() {
    sqlite3_vfs_register(base_, 1);
    sqlite3_vfs_unregister(&vfs_);
  }
  FaultyDisk(const FaultyDisk&) = delete;

  static inline std::atomic<int> next_write{SQLITE_OK}, next_sync{SQLITE_OK};

 private:
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    const int code = base_->xOpen(base_, name, file, flags, out);
    if (code != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return code;
    if (std::string(name).find(file_) == std::string::npos) return code;
    static const sqlite3_io_methods* real;
    static sqlite3_io_methods methods;
    real = file->pMethods, methods = *real;
    methods.xWrite = [](sqlite3_file* f, const void* bytes, int size, sqlite3_int64 at) {
      const int fault = next_write.exchange(SQLITE_OK);
      return fault != SQLITE_OK ? fault : real->xWrite(f, bytes, size, at);
    };
    methods.xSync = [](sqlite3_file* f, int how) {
      const int fault = next_sync.exchange(SQLITE_OK);
      return fault != SQLITE_OK ? fault : real->xSync(f, how);
    };
    file->pMethods = &methods;
    return code;
  }

  static inline sqlite3_vfs* base_ = nullptr;
  static inline std::string file_;
  sqlite3_vfs vfs_{};
};

}  // namespace holdfast

#include "demo/folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "demo/system.hpp"
#include "holdfast/errors.hpp"

namespace holdfast::demo {
namespace {

namespace fs = std::filesystem;

fs::path new_one(const std::string& name) {
  std::string pattern = (fs::temp_directory_path() / (name + "-XXXXXX")).string();
  if (mkdtemp(pattern.data()) == nullptr) throw Unavailable("no folder can be made at " + pattern);
  return pattern;
}

}  // namespace

Folder::Folder(const std::string& asked, const std::string& name) {
  if (asked.empty()) {
    path_ = new_one(name), made_ = true;
  } else {
    path_ = fs::absolute(asked);
    std::error_code failed;
    made_ = !fs::exists(path_, failed);
    fs::create_directories(path_, failed);
    if (std::error_code ignored; !fs::is_directory(path_, ignored))
      throw Invalid("--state", path_.string() + " is no folder, and none can be made there" +
                                   (failed ? ": " + failed.message() : ""));
  }
  lock();
}

Folder::~Folder() {
  if (locked_ >= 0) close(locked_);
}

/// Of the folder itself, by the operating system: gone with the process, however it ends, and no file is left.
void Folder::lock() {
  locked_ = open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (locked_ >= 0 && flock(locked_, LOCK_EX | LOCK_NB) == 0) return;
  const int why = errno;
  if (locked_ >= 0) close(locked_);
  throw Unavailable(path_.string() + (why == EWOULDBLOCK ? ": another `holdfast up` or `holdfast demo` works in this "
                                                           "folder; stop it, or name another with --state"
                                                         : std::string(": cannot be locked: ") + std::strerror(why)));
}

void Folder::let_others_pass() const {
  if (made_) fs::permissions(path_, fs::perms::others_exec | fs::perms::group_exec, fs::perm_options::add);
}

void Folder::require_empty() const {
  if (fs::is_empty(path_)) return;
  const bool kept = fs::exists(path_ / Layout{path_}.deeds());
  throw Invalid("--state",
                path_.string() + (kept ? " holds a demo that was kept; `holdfast demo --check " + path_.string() +
                                             "` takes its account again, a new run needs another folder"
                                       : " is not empty; a demo needs a new or an empty folder, nothing was touched"));
}

void Folder::remove() {
  std::error_code ignored;
  for (const auto& file : Layout{path_}.files()) fs::remove_all(file, ignored);
  if (made_) fs::remove(path_, ignored);  // not if somebody put anything else there
}

}  // namespace holdfast::demo

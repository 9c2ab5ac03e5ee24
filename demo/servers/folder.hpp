// The folder of a private server, and the programs that run in it: as root, under an unprivileged user who owns the folder; what they
// say on stderr goes to the file "log" there.
// Threads: one, and it lives on: a child ends with the thread that started it. Errors: Unavailable.
#pragma once
#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

namespace holdfast::servers {

class Folder {
 public:
  struct Options {
    std::filesystem::path path;  // empty: a temporary one, removed at the end
    std::string name;  // of the temporary one
    std::vector<const char*> users;  // for root: the first of these that exists
    std::vector<std::string> environment = {};  // instead of this program's own, as "HOME=/somewhere"
    int farewell = SIGKILL;  // what a child gets when its parent is gone
  };
  struct Ran {
    int code;
    std::string out;
  };
  explicit Folder(Options options);
  ~Folder();
  Folder(const Folder&) = delete;

  const std::filesystem::path& path() const { return options_.path; }
  bool temporary() const { return temporary_; }
  void set_environment(std::vector<std::string> all) { options_.environment = std::move(all); }
  /// A file that the user of the children owns.
  void write(const std::string& name, const std::string& text, mode_t mode = 0644) const;
  void make(const std::string& name) const;  // a folder
  /// out < 0: stdout goes to the log, too.
  pid_t spawn(const std::vector<std::string>& words, int out = -1) const;
  Ran run(const std::vector<std::string>& words) const;  // to its end, with what it printed
  std::uintmax_t log_size() const;
  std::string log(std::uintmax_t from, std::size_t most = 2'000) const;  // at most so many bytes from there on
  std::string end_of_log() const;

 private:
  void give(const std::filesystem::path& file) const;

  const bool temporary_;
  Options options_;
  uid_t user_;
  gid_t group_;
};

}  // namespace holdfast::servers

// Where `holdfast demo` and `holdfast up` keep their files: one run at a time, and nothing is removed that no run made.
#pragma once
#include <filesystem>
#include <string>

namespace holdfast::demo {

class Folder {
 public:
  /// asked: made where it is not there; "" = a new temporary one, called `name` and something. Throws Invalid: no folder can be
  /// there; Unavailable: another run has it.
  Folder(const std::string& asked, const std::string& name);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void let_others_pass() const;  // a server's user is another one, and mkdtemp lets nobody else in
  void require_empty() const;  // Invalid, with what to do
  void remove();  // a run's own files, and the folder if it was made for them and nothing else is in it

 private:
  void lock();

  std::filesystem::path path_;
  bool made_ = false;
  int locked_ = -1;
};

}  // namespace holdfast::demo

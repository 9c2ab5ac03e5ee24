// Another process at the same bus: this test program once more, in one of the roles of roles.cpp. It talks by lines.
#pragma once
#include <cstdio>
#include <string>
#include <vector>

namespace holdfast::bus_test {

class Child {
 public:
  /// role: name, bus file, arguments of the role.
  explicit Child(const std::vector<std::string>& role);
  Child(const Child&) = delete;
  ~Child();  // killed, if it still lives

  std::string line();          // waits; "" at its end
  void expect(const std::string& said);
  void kill();                 // SIGKILL; returns when it is gone
  void finish();               // its stdin ends; returns when it has left by itself

 private:
  void reap();
  int pid_ = -1;
  std::FILE *to_ = nullptr, *from_ = nullptr;
};

}  // namespace holdfast::bus_test

#include "ports/owner.hpp"

#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

namespace holdfast::ports {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

/// In ticks since the machine started, field 22 of its stat line; "" if there is no such process.
std::string start_time(const std::string& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string line, field;
  std::getline(stat, line);
  const auto name_end = line.rfind(')');  // the program's name may hold spaces and brackets
  if (name_end == line.npos) return "";
  std::istringstream rest(line.substr(name_end + 1));
  rest >> field;
  if (field == "Z" || field == "X") return "";  // dead; its parent has not asked yet
  for (int i = 4; i <= 22; ++i) rest >> field;
  return field;
}

std::string tail_of(std::string& text) {
  const auto slash = text.rfind('/');
  if (slash == text.npos) return "";
  const std::string tail = text.substr(slash + 1);
  text.resize(slash);
  return tail;
}

bool is_number(const std::string& text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

}  // namespace

std::string this_process() {
  const std::string pid = std::to_string(getpid());
  return host_name() + "/" + pid + "/" + start_time(pid);
}

bool is_gone(const std::string& owner) {
  std::string host = owner;
  const std::string started = tail_of(host), pid = tail_of(host);
  if (!is_number(pid) || !is_number(started) || host != host_name()) return false;
  return start_time(pid) != started;
}

}  // namespace holdfast::ports

// What happened, for a person: kept only when asked for, since the same seed tells it again.
#pragma once
#include <fmt/format.h>

#include <string>
#include <vector>

#include "simulation/scheduler.hpp"

namespace sim {

class History {
 public:
  History(const Scheduler& s, bool on) : scheduler_(s), on_(on) {}

  template <class... A>
  void note(const std::string& who, fmt::format_string<A...> text, A&&... args) {
    if (!on_) return;
    lines_.push_back(fmt::format("{:>7}  {:<11} {}", scheduler_.now, who, fmt::format(text, std::forward<A>(args)...)));
  }
  const std::vector<std::string>& lines() const { return lines_; }
  bool on() const { return on_; }

 private:
  const Scheduler& scheduler_;
  bool on_;
  std::vector<std::string> lines_;
};

}  // namespace sim

// Under which name a process consumes: the first of "name", "name#2", "name#3", ... that no living process has. The account of
// its starts and its last end stand under it, so two processes must not share one, and one that comes back must find its own.
#pragma once
#include <tuple>

#include "ports/inbox_store.hpp"
#include "ports/owner.hpp"

namespace holdfast::store {

using LastOfName = std::tuple<std::string, bool, bool>;  // owner, whether it ended, and whether in good order

struct InstanceName {
  std::string name;
  bool clean_end = true;
};

/// find: std::optional<LastOfName>(const std::string& name)
template <class Find>
InstanceName choose_name(const ports::Instance& me, Find find) {
  for (int n = 1;; ++n) {
    const std::string name = n == 1 ? me.name : me.name + "#" + std::to_string(n);
    const std::optional<LastOfName> last = find(name);
    if (!last) return {name};
    const auto& [owner, ended, clean_end] = *last;
    if (ended || owner == me.owner || ports::is_gone(owner)) return {name, clean_end};
  }
}

}  // namespace holdfast::store

// What a host's threads tell a test: typed signals to wait for, instead of sleeping. Called on the thread that did it.
#pragma once
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "inbox/report.hpp"
#include "ports/outbox_store.hpp"

namespace holdfast::host {

struct Marked {
  std::vector<ports::RowRef> rows;
};
struct RunSettled {
  std::string consumer;
  inbox::Report report;
};
struct Connected {
  std::string consumer;  // "": the relay's session
};
struct Disconnected {
  std::string consumer, why;
};
struct ChoresDone {};  // of upkeep, with all that they had to delete
using Signal = std::variant<Marked, RunSettled, Connected, Disconnected, ChoresDone>;
using Observer = std::function<void(const Signal&)>;

}  // namespace holdfast::host

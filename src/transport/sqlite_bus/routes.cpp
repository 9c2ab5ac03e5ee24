#include "transport/sqlite_bus/routes.hpp"

#include <algorithm>

#include "ports/topic.hpp"

namespace holdfast::transport::sqlite_bus {
namespace {

template <class Find>
const std::vector<std::int64_t>& remembered(std::map<std::string, std::vector<std::int64_t>>& known,
                                            const std::string& name, Find find) {
  const auto place = known.find(name);
  return place != known.end() ? place->second : known.emplace(name, find(name)).first->second;
}

}  // namespace

Routes::Routes(sqlite::Connection& connection)
    : connection_(connection),
      bindings_(query<std::string, std::int64_t>(connection, "SELECT pattern, queue FROM bindings")) {}

const std::vector<std::int64_t>& Routes::of(const ports::OutgoingEvent& event) {
  if (!event.destination.empty())
    return remembered(by_name_, event.destination, [this](const auto& name) { return queue(name); });
  return remembered(by_type_, event.type, [this](const auto& type) { return bound(type); });
}

std::vector<std::int64_t> Routes::queue(const std::string& name) {
  const auto id = query<std::int64_t>(connection_, "SELECT id FROM queues WHERE name = $1", name).one_or_none();
  return id ? std::vector{*id} : std::vector<std::int64_t>{};
}

/// Each once, whatever number of its patterns matches.
std::vector<std::int64_t> Routes::bound(const std::string& type) const {
  std::vector<std::int64_t> queues;
  for (const auto& [pattern, queue] : bindings_)
    if (ports::topic_matches(pattern, type)) queues.push_back(queue);
  std::sort(queues.begin(), queues.end());
  queues.erase(std::unique(queues.begin(), queues.end()), queues.end());
  return queues;
}

}  // namespace holdfast::transport::sqlite_bus

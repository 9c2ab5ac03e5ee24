#include "transport/kafka/topology.hpp"

#include <algorithm>

#include "transport/kafka/failed.hpp"

namespace holdfast::transport::kafka {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const auto& line : lines) all += (all.empty() ? "" : "; ") + line;
  return all;
}

Topics only(const Topics& all, const std::vector<std::string>& names) {
  Topics found;
  for (const auto& name : names)
    if (const auto at = all.find(name); at != all.end()) found.insert(*at);
  return found;
}

}  // namespace

Topology::Topology(std::shared_ptr<const Settings> settings, const ports::Clock& clock)
    : settings_(std::move(settings)), bell_(clock) {}

/// The client stays; librdkafka connects again by itself.
template <class Work>
auto Topology::with_admin(const std::string& what, ports::Millis timeout, Work work) {
  const std::lock_guard lock(mutex_);
  try {
    if (!client_) {
      auto client = std::make_unique<Client>(RD_KAFKA_PRODUCER, *settings_, Properties{}, 0, bell_);
      client->connect();
      client_ = std::move(client);
    }
    while (client_->poll(ports::Tick{})) {}  // errors that nobody waits for
    return work(Admin(client_->get(), timeout));
  } catch (const Failed& failed) {
    client_.reset();
    rethrow(what, failed);
  }
}

std::vector<NewTopic> Topology::missing(const Admin& admin, const ports::Queue& queue) const {
  std::vector<NewTopic> missing = plan(*settings_, queue);
  std::vector<std::string> names;
  for (const auto& topic : missing) names.push_back(topic.name);
  const auto there = admin.all_topics(names);
  std::erase_if(missing, [&](const NewTopic& topic) { return there.contains(topic.name); });
  return missing;
}

Findings Topology::judge_all(const Admin& admin, const ports::Queue& queue) const {
  const auto dead = dead_letter_topic(queue.name);
  auto names = read_by(*settings_, queue, admin.all_topics());
  names.push_back(dead);
  Findings all;
  for (const auto& [name, facts] : admin.look(names)) {
    const auto found = judge(*settings_, name, facts, role_of(name, queue));
    all.faults.insert(all.faults.end(), found.faults.begin(), found.faults.end());
    all.warnings.insert(all.warnings.end(), found.warnings.begin(), found.warnings.end());
  }
  return all;
}

/// Dead letters there are copies. A type's topic that another process knew may as well be that of a new type.
bool Topology::was_there(const std::string& topic, const ports::Queue& queue) const {
  const auto role = role_of(topic, queue);
  return role != Role::dead_letters && (seen_.contains(topic) || (role == Role::own && queue.was_there));
}

ports::Declared Topology::lost(const std::vector<NewTopic>& missing, const ports::Queue& queue) const {
  const bool gone = std::ranges::any_of(missing, [&](const NewTopic& topic) { return was_there(topic.name, queue); });
  return {gone ? queue.patterns : std::vector<std::string>{}, gone};
}

ports::Declared Topology::declare(const ports::Queue& queue) {
  return with_admin(queue.name, settings_->options.answer_timeout, [&](const Admin& admin) {
    const auto missing = this->missing(admin, queue);
    if (!missing.empty() && settings_->options.topology == holdfast::kafka::Topology::verify)
      throw Invalid(missing.front().name, "there is no such topic: `holdfast topology apply` makes it");
    auto declared = lost(missing, queue);
    if (!missing.empty()) admin.create(missing);
    const auto found = judge_all(admin, queue);
    if (!found.faults.empty()) throw Invalid(queue.name, joined(found.faults));
    for (const auto& topic : plan(*settings_, queue)) seen_.insert(topic.name);
    for (const auto& warning : found.warnings)
      if (warned_.insert(warning).second) declared.warnings.push_back(warning);
    auto& patterns = queues_.try_emplace(queue.name, ports::Queue{queue.name, {}}).first->second.patterns;
    for (const auto& pattern : queue.patterns)
      if (std::ranges::count(patterns, pattern) == 0) patterns.push_back(pattern);
    return declared;
  });
}

void Topology::apply(const ports::Queue& queue, ports::Declared& missed) {
  with_admin(queue.name, settings_->options.answer_timeout, [&](const Admin& admin) {
    const auto missing = this->missing(admin, queue);
    missed = lost(missing, queue);
    if (!missing.empty()) admin.create(missing);
  });
}

std::vector<std::string> Topology::describe(const ports::Queue& queue) const {
  std::vector<std::string> lines;
  for (const auto& topic : plan(*settings_, queue)) lines.push_back(to_text(topic));
  std::string events;
  for (const auto& pattern : queue.patterns) events += " " + pattern;
  lines.push_back("group " + group_of(queue.name) + ", reads" + events);
  return lines;
}

std::vector<std::string> Topology::differences(const ports::Queue& queue) {
  return with_admin(queue.name, settings_->options.answer_timeout, [&](const Admin& admin) {
    std::vector<std::string> lines;
    for (const auto& topic : missing(admin, queue)) lines.push_back("missing: " + to_text(topic));
    const auto found = judge_all(admin, queue);
    lines.insert(lines.end(), found.faults.begin(), found.faults.end());
    lines.insert(lines.end(), found.warnings.begin(), found.warnings.end());
    return lines;
  });
}

std::string Topology::permissions(const std::string& user, const std::vector<ports::Queue>& queues) const {
  return kafka::permissions(*settings_, user, queues);
}

/// What the group will read; whose patterns are not known here is asked after any topic that it has begun to read.
ports::Topology::Depth Topology::depth(const std::string& queue) {
  const auto what = queue.empty() ? settings_->broker.name() : queue;
  return with_admin(what, settings_->look_timeout, [&](const Admin& admin) -> Depth {
    const auto all = admin.all_topics();
    if (queue.empty()) return {};  // only whether brokers are there
    const auto known = queues_.find(queue);
    const auto topics = read_by(*settings_, known == queues_.end() ? ports::Queue{queue, {}} : known->second, all);
    const auto dead = dead_letter_topic(queue);
    return {.ready = left(admin, known == queues_.end() ? all : only(all, topics), group_of(queue), topics),
            .handed_out = 0,
            .dead_letters = left(admin, only(all, {dead}), dead, {dead})};
  });
}

std::int64_t Topology::left(const Admin& admin, const Topics& all, const std::string& group,
                            const std::vector<std::string>& topics) const {
  const auto offsets = admin.offsets(group, all);
  std::set<Place> places;
  const auto add = [&](const std::string& topic) {
    if (const auto found = all.find(topic); found != all.end())
      for (int i = 0; i < found->second.partitions; ++i) places.insert({topic, i});
  };
  for (const auto& topic : topics) add(topic);
  for (const auto& [place, offset] : offsets) add(place.topic);
  std::int64_t sum = 0;
  for (const auto& place : places) {
    const auto marks = admin.marks(place);
    const auto at = offsets.find(place);
    sum += marks.high - (at == offsets.end() ? marks.low : std::max(at->second, marks.low));
  }
  return sum;
}

}  // namespace holdfast::transport::kafka

// Topics instead of queues and bindings: a consumer's group reads whatever topics its patterns match, and keeps its own offsets.
// What is there and differs is an error and stays as it is.
// Threads: any.
#pragma once
#include <mutex>
#include <set>

#include "ports/topology.hpp"
#include "transport/kafka/plan.hpp"

namespace holdfast::transport::kafka {

class Topology : public ports::Topology {
 public:
  Topology(std::shared_ptr<const Settings> settings, const ports::Clock& clock);
  ports::Declared declare(const ports::Queue& queue) override;
  Depth depth(const std::string& queue) override;
  void apply(const ports::Queue& queue, ports::Declared& missed) override;
  std::vector<std::string> describe(const ports::Queue& queue) const override;
  std::vector<std::string> differences(const ports::Queue& queue) override;
  std::string permissions(const std::string& user, const std::vector<ports::Queue>& queues) const override;

 private:
  template <class Work>
  auto with_admin(const std::string& what, ports::Millis timeout, Work work);
  std::vector<NewTopic> missing(const Admin& admin, const ports::Queue& queue) const;
  ports::Declared lost(const std::vector<NewTopic>& missing, const ports::Queue& queue) const;
  bool was_there(const std::string& topic, const ports::Queue& queue) const;
  Findings judge_all(const Admin& admin, const ports::Queue& queue) const;
  std::int64_t left(const Admin& admin, const Topics& all, const std::string& group,
                    const std::vector<std::string>& topics) const;

  const std::shared_ptr<const Settings> settings_;
  std::mutex mutex_;
  Bell bell_;
  std::unique_ptr<Client> client_;
  std::set<std::string> seen_;  // topics that were there
  std::set<std::string> warned_;
  std::map<std::string, ports::Queue> queues_;  // all that was declared here: a depth is asked by name
};

}  // namespace holdfast::transport::kafka

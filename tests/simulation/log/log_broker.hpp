// A broker of logs, as Kafka is one: topics in partitions, each kept in order; groups that read them and say how far they are.
// What the rules of the outbox need of a publisher on it (of a receiver: log_receiver.hpp):
//  1. Confirmed is what all replicas have that are in sync (acks=all): an unacknowledged tail may be lost at a restart.
//  2. The topic is looked for before the event is sent. None: `returned`, and so are all later ones of its key in this session.
//  3. The batches of a partition go one behind the other. One that the broker refuses ends the session: its events are `nacked`, or
//     `refused` where the error is about the message (nobody knows which of the batch: the relay tries each alone), with the blame on
//     nobody; nothing of the partition behind it is stored ("gapless"); all that has no report is unknown, though possibly stored.
//  4. The same key goes to the same partition for ever: by its hash and a number of partitions that is configured.
#pragma once
#include "simulation/log/group.hpp"

namespace sim {

class LogBroker : public Broker {
 public:
  LogBroker(Scheduler& s, int partitions, bool eager) : Broker(s), partitions_(partitions), eager_(eager) {}

  ports::PublisherTraits traits() const override { return {.keeps_session_order = true, .reports_unroutable = false}; }
  std::unique_ptr<ports::Receiver> receiver(const ReceiverSetup& setup) override;

  /// A topic; what it takes by type is told by topic_of. bound: anything.
  void topic(const std::string& name, bool bound = true);
  Group& group(const std::string& name);
  bool has_group(const std::string& name) const { return groups_.contains(name); }
  /// It reads this topic too.
  void subscribe(Group& group, const std::string& topic);
  void subscribe(Group& group);  // to all that its patterns match, now and later
  std::vector<Partition>& partitions(const std::string& topic) { return topics_.at(topic); }

  void push(const std::string& queue, ports::Delivery delivery) override;
  const ports::Delivery* first(const std::string& queue) const override;
  void drop_first(const std::string&) override {}  // a log keeps it
  void cut(Partition& partition, std::int64_t start);  // retention
  void rebalance();  // an instance comes or goes that is not ours to see

  std::optional<ports::PublishResult> look(const PublisherLink& link, const ports::Publication& publication) override;
  void part(PublisherLink& link) override;
  void step() override;
  Time next() const override;
  void go_away(Time down_for) override;
  bool idle() const override;

  std::function<std::string(const std::string& type)> topic_of = [](const std::string& type) { return type; };
  std::int64_t window = 4;  // handed out ahead of a commit
  std::uint64_t last_session = 0;

 private:
  bool take(PublisherLink& link) override;
  void refuse(PublisherLink& link, const std::vector<PublisherLink::Frame>& batch, ports::Outcome outcome);
  Partition& partition_of(const ports::OutgoingEvent& event);
  void append(Partition& partition, Partition::Record record);
  void replicate(Partition& partition, std::int64_t up_to);
  void replicate_some();

  int partitions_;
  bool eager_;
  std::map<std::string, std::vector<Partition>> topics_;
  std::map<std::string, Group> groups_;
  std::vector<Group*> of_patterns_;
  std::vector<Partition*> behind_;  // replication
};

}  // namespace sim

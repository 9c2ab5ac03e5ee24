// An idempotent producer with enable.gapless.guarantee, so that the events of a key fly together.
//
// The broker refuses whatever comes behind a gap in a producer's sequence for a partition. It knows that sequence from the first event
// on that it stored: a first one that is refused leaves no gap, and those behind it would be stored. So the first event of a session
// to a partition flies alone, the others wait here for its confirm; and so it is again after a long silence, for the broker
// forgets.
// After any report but a confirm nothing more is accepted: what has no report then is unknown, and the next session starts each key
// at its lowest pending event.
#pragma once
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "ports/publisher.hpp"
#include "transport/kafka/admin.hpp"

namespace holdfast::transport::kafka {

class Publisher : public ports::Publisher {
 public:
  /// Connects. Unavailable; Invalid where the set-up is to blame.
  Publisher(std::shared_ptr<const Settings> settings, const ports::Clock& clock);
  ~Publisher() override;

  ports::PublisherTraits traits() const override { return {.keeps_session_order = true, .reports_unroutable = false}; }
  bool accept(const ports::Publication& publication) override;
  ports::SessionState pump(ports::Tick until, std::vector<ports::PublishResult>& results) override;
  ports::Blame blame() const override { return blame_; }
  std::string why_closed() const override { return why_closed_; }
  std::vector<std::string> warnings() override;
  void wake() noexcept override { bell_.wake(); }
  void abort() noexcept override { bell_.abort(); }

 private:
  struct Waiting {  // for the first one of its partition
    std::uint64_t token;
    ports::OutgoingEvent event;
  };
  struct Partition {
    ports::Tick proven_until{};
    bool trying = false;  // one flies alone
    std::deque<Waiting> waiting = {};
  };
  struct Topic {
    std::string name, missing = {};  // missing: or why nothing may be published
    std::optional<std::int64_t> most_bytes = {};
    bool narrow =
        false;  // less than a batch: each event of a partition flies alone, or others would be refused with it
    Owned<rd_kafka_topic_t> handle = nullptr;
    std::vector<Partition> partitions = {};
    ports::Tick look_at{}, look_again_at{};  // the latest, the earliest
  };
  struct Stop {  // of a key
    EventId by;
    ports::Outcome outcome;
    std::string why;
  };
  using Results = std::vector<ports::PublishResult>;

  Topic& topic(const ports::OutgoingEvent& event);
  void look(Topic& topic, bool direct);
  const Stop* stop_before(const ports::OutgoingEvent& event);
  std::string too_large(Topic& topic, const ports::OutgoingEvent& event);
  int partition_of(const Topic& topic, const ports::OutgoingEvent& event) const;
  bool take(std::uint64_t token, const ports::OutgoingEvent& event);
  void answer_at_once(std::uint64_t token, const ports::OutgoingEvent& event, ports::Outcome outcome, std::string why);
  rd_kafka_resp_err_t produce(Topic& topic, int partition, std::uint64_t token, const ports::OutgoingEvent& event);
  void let_go(Topic& topic, Partition& partition);
  void serve(ports::Tick until);
  void handle(rd_kafka_event_t* event);
  void reported(const rd_kafka_message_t& record);
  void fail(const rd_kafka_message_t& record);
  void dies();
  void give_up_the_rest();
  bool is_over() const { return client_ == nullptr; }
  void close(ports::Blame blame, const std::string& why);

  const std::shared_ptr<const Settings> settings_;
  Bell bell_;
  std::unique_ptr<Client> client_;  // none: closed
  std::unordered_map<std::string, Topic> topics_;
  std::unordered_set<std::uint64_t> open_;
  std::unordered_map<std::string, Stop> stopped_;  // keys of which one was not taken
  std::vector<std::string> warnings_;
  Results results_;  // until the next pump()
  Results late_;  // answered here. The relay ends a session at the first that is no confirm: what flies comes first
  bool draining_ = false;
  bool failing_ = false;  // nothing more is accepted, and all have their results
  bool full_ = false;  // librdkafka's queue was
  ports::Blame blame_ = ports::Blame::nobody;
  std::string why_closed_;
};

}  // namespace holdfast::transport::kafka

// A librdkafka handle with its one queue of events, and how a thread waits for them and is called meanwhile.
// Threads: one; Bell's wake() and abort() from any.
#pragma once
#include <librdkafka/rdkafka.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ports/clock.hpp"
#include "ports/waker.hpp"
#include "transport/kafka/settings.hpp"

namespace holdfast::transport::kafka {

struct Free {
  void operator()(rd_kafka_queue_t* p) const { rd_kafka_queue_destroy(p); }
  void operator()(rd_kafka_event_t* p) const { rd_kafka_event_destroy(p); }
  void operator()(rd_kafka_topic_partition_list_t* p) const { rd_kafka_topic_partition_list_destroy(p); }
  void operator()(rd_kafka_topic_t* p) const { rd_kafka_topic_destroy(p); }
  void operator()(rd_kafka_headers_t* p) const { rd_kafka_headers_destroy(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;
using Queue = Owned<rd_kafka_queue_t>;
using Event = Owned<rd_kafka_event_t>;
using Offsets = Owned<rd_kafka_topic_partition_list_t>;

/// Calls a thread that waits for a queue, or for time. A call while nobody waits is kept.
class Bell {
 public:
  explicit Bell(const ports::Clock& clock) : clock_(clock) {}
  void wake() noexcept { waker_.wake(), ring(); }
  void abort() noexcept { waker_.abort(), ring(); }
  bool aborted() const noexcept { return waker_.aborted(); }
  /// true: somebody called since the last one.
  bool wait(ports::Tick until) { return waker_.wait_until(until); }
  bool take() { return wait(ports::Tick{}); }
  void attach(rd_kafka_queue_t* queue);  // nullptr: none
  const ports::Clock& clock() const { return clock_; }
  ports::Tick now() const { return clock_.steady(); }

 private:
  void ring() noexcept;

  const ports::Clock& clock_;
  ports::Waker waker_;
  std::mutex mutex_;
  rd_kafka_queue_t* queue_ = nullptr;
};

/// Names and values of librdkafka's configuration.
using Properties = std::vector<std::pair<std::string, std::string>>;
Properties common_properties(const Settings& settings);

class Client {
 public:
  /// events: RD_KAFKA_EVENT_*, besides errors. Invalid: a value that librdkafka does not take.
  Client(rd_kafka_type_t type, const Settings& settings, const Properties& more, int events, Bell& bell);
  ~Client();
  Client(const Client&) = delete;

  rd_kafka_t* get() const { return handle_; }
  rd_kafka_queue_t* queue() const { return queue_.get(); }
  /// Until a broker answers. Failed.
  void connect();
  /// The next event; none: time is up, or somebody called.
  Event poll(ports::Tick until);
  /// Throws Failed after a fatal error: the handle is of no use any more.
  void check() const;
  /// An error event: remembers when all brokers are away. Throws Failed where it ends the session.
  void note(rd_kafka_event_t* error);
  /// All brokers are away; looks for them now and then.
  bool away();
  const std::string& why_away() const { return why_away_; }
  void set_away(bool away) { away_ = away; }

 private:
  bool answers(ports::Millis within);

  const Settings& settings_;
  Bell& bell_;
  rd_kafka_t* handle_ = nullptr;
  Queue queue_;
  bool away_ = false;
  ports::Tick probe_at_{};
  ports::Millis window_{100};  // for an answer to the next probe
  std::string why_away_;
  rd_kafka_resp_err_t worst_ = RD_KAFKA_RESP_ERR_NO_ERROR;  // seen while connecting
  std::string worst_text_;
};

}  // namespace holdfast::transport::kafka

// An event leaves its queue by an ack alone; whoever held it when a receiver died, it is handed out again.
// By key, one receiver has the queue, and its session begins at the lowest event that is not acked.
// The receiver's commits are not synced one by one (WAL, synchronous NORMAL): a killed process loses none of them, and what a
// power cut takes back is an ack, hence a duplicate, or the mark of a first delivery that no handler survived either.
#pragma once
#include <unordered_set>

#include "ports/receiver.hpp"
#include "transport/sqlite_bus/presence.hpp"
#include "transport/sqlite_bus/work_queue.hpp"

namespace holdfast::transport::sqlite_bus {

class Receiver : public ports::Receiver {
 public:
  /// dead_letters: "" = none behind this one.
  Receiver(std::shared_ptr<const File> file, std::string queue, std::string instance, std::string dead_letters);
  ~Receiver() override;

  ports::ReceiverTraits traits() const override { return {.delay_queues = false, .marks_redelivery = true}; }
  void pump(ports::Tick until, ports::Received& out) override;
  void ack(std::span<const ports::Position> settled) override;
  void credit(int most_unacked) override { credit_ = most_unacked; }
  std::string destination_after(ports::Millis) const override { return ""; }
  std::string dead_letter_destination() const override { return dead_letters_; }
  void disconnect() override;
  void wake() noexcept override { waker_.wake(); }
  void abort() noexcept override { waker_.abort(), busy_.abort(); }

 private:
  void step(ports::Received& out);
  void open();
  void work(ports::Received& out);
  bool wants_to_write(const Look& look);
  bool can_take(const Look& look) const;
  bool lost(const Look& look) const;
  int room() const;
  std::vector<ports::Delivery> take(const Look& look, int most) const;
  void hand_out(std::vector<ports::Delivery> taken, ports::Received& out);
  bool looks_at_others() const { return !queue_->by_key() || !active_; }
  void failed(const std::string& why, bool session_is_over);
  void end_session() noexcept;

  enum class Woken { by_news, by_a_call, never };
  Woken wait(ports::Tick until);
  bool news();
  std::int64_t data_version();

  const std::shared_ptr<const File> file_;
  const std::string name_, instance_, dead_letters_;
  ports::Waker waker_;
  BusyWait busy_;
  std::unique_ptr<sqlite::Connection> connection_;
  std::optional<Presence> presence_;
  std::optional<WorkQueue> queue_;  // while a session is open

  std::uint64_t session_ = 0;
  bool active_ = false;  // by_key: the queue is ours; none: always
  std::int64_t cursor_ = 0;
  int credit_ = 0;
  std::unordered_set<std::uint64_t> unacked_;
  std::vector<std::int64_t> acked_;  // not yet written
  std::vector<std::uint64_t> ended_;

  std::string problem_;
  bool missing_ = false;  // no such queue, at the last look
  ports::Tick retry_at_{}, look_at_{};
  ports::Millis pause_{};
  std::int64_t version_ = -1;
};

}  // namespace holdfast::transport::sqlite_bus

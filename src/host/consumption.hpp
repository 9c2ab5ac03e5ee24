// The consume thread of one subscription, one step at a time: receiver and session, runs out, acks in. It owns both; the lanes
// and whoever looks for due events answer through its mailbox. The harness steps the same class on its own thread.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "host/mailbox.hpp"
#include "host/subscriber.hpp"
#include "ports/waker.hpp"

namespace holdfast::host {

/// Who does what the session asks for; each answers with Consumption::settled or ::due, at once or later, from any thread.
struct Hands {
  std::function<void(inbox::RunBatch)> run_batch;
  std::function<void(inbox::RunDeferred)> run_deferred;
  std::function<void(const ports::DueQuery& query)> look_for_due;
};

class Consumption {
 public:
  /// instance: of the program on its machine, the same after a restart; its last end, clean or not, is known by it.
  Consumption(Subscriber& subscriber, std::string instance, Hands hands);

  /// Pumps and works until `until`, or for one round; false: stopped and finished.
  bool step(ports::Tick until);

  // From any thread.
  void settled(int lane, inbox::Report report);
  void due(std::vector<ports::Due> events);
  void store_down();
  void stop();
  void wake() noexcept;
  bool connected() const { return connected_; }
  bool prunable() const { return prunable_; }
  bool queue_empty() const { return queue_empty_; }
  bool paused() const { return paused_; }
  std::string problem() const;

 private:
  struct Settled {
    int lane;
    inbox::Report report;
  };
  struct StoreDown {};
  struct Stop {};
  using Letter = std::variant<Settled, std::vector<ports::Due>, StoreDown, Stop>;

  bool open();  // the instance's row and the receiver; false: not yet
  void read_mail();
  void pump(ports::Tick until);
  void note(bool connected, const std::string& problem);
  void carry_out(inbox::Actions actions);
  void act(inbox::RunBatch& action) { hands_.run_batch(std::move(action)); }
  void act(inbox::RunDeferred& action) { hands_.run_deferred(std::move(action)); }
  void act(inbox::Ack& action) { receiver_->ack(action.settled); }
  void act(inbox::Credit& action) { receiver_->credit(action.most_unacked); }
  void act(inbox::Connect& action);
  void act(inbox::Disconnect& action);
  void act(inbox::LookForDue& action) { hands_.look_for_due(action.query); }
  void act(inbox::Finished& action);

  Subscriber& subscriber_;
  std::string instance_;
  std::optional<bool> clean_end_;  // of the last run, once registered
  Hands hands_;
  std::unique_ptr<ports::Receiver> receiver_;
  std::unique_ptr<inbox::Session> session_;
  Mailbox<Letter> mail_;
  ports::Waker waker_;
  std::mutex receiver_mutex_;  // wake() from other threads while the receiver is made
  ports::Tick retry_at_{};
  bool receiving_ = false, finished_ = false;
  std::atomic<bool> connected_ = false, prunable_ = false, queue_empty_ = false, paused_ = false, stopping_ = false;
  mutable std::mutex problem_mutex_;
  std::string problem_;
};

}  // namespace holdfast::host

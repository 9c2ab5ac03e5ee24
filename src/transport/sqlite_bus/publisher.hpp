// An event is confirmed only once it stands in every queue that wants it, on disk.
// What was accepted is written by the next pump() in one transaction. One that no queue takes is returned, and with it all later
// ones of its key in that batch, so that the session keeps its order.
#pragma once
#include <set>

#include "ports/publisher.hpp"
#include "transport/sqlite_bus/file.hpp"
#include "transport/sqlite_bus/routes.hpp"

namespace holdfast::transport::sqlite_bus {

class Publisher : public ports::Publisher {
 public:
  explicit Publisher(std::shared_ptr<const File> file);

  ports::PublisherTraits traits() const override { return {.keeps_session_order = true, .reports_unroutable = true}; }
  bool accept(const ports::Publication& publication) override;
  ports::SessionState pump(ports::Tick until, std::vector<ports::PublishResult>& results) override;
  ports::Blame blame() const override { return blame_; }
  std::string why_closed() const override { return why_closed_; }
  void wake() noexcept override { waker_.wake(); }
  void abort() noexcept override { waker_.abort(), busy_.abort(); }

 private:
  struct Accepted {
    std::uint64_t token;
    ports::OutgoingEvent event;
  };
  using Results = std::vector<ports::PublishResult>;
  using Keys = std::set<std::string>;

  void write(Results& results);
  ports::PublishResult write_one(Accepted& accepted, Routes& routes, Keys& returned);
  void insert(ports::OutgoingEvent& event, const std::vector<std::int64_t>& queues);
  void close(ports::Blame blame, const std::string& why, Results& results);

  const std::shared_ptr<const File> file_;
  BusyWait busy_;
  std::unique_ptr<sqlite::Connection> connection_;
  ports::Waker waker_;
  std::vector<Accepted> accepted_;
  std::size_t bytes_ = 0;
  std::int64_t now_ = 0;  // of the batch
  bool closed_ = false;
  ports::Blame blame_ = ports::Blame::nobody;
  std::string why_closed_;
};

}  // namespace holdfast::transport::sqlite_bus

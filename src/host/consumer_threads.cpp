#include "host/consumer_threads.hpp"

#include <exception>

namespace holdfast::host {
namespace {

constexpr ports::Millis longest_step{1000};

}  // namespace

ConsumerThreads::ConsumerThreads(Subscriber& subscriber, const std::string& instance, ErrandRunner& due)
    : subscriber_(subscriber), due_(due), consumption_(subscriber, instance, hands()) {
  for (int lane = 0; lane < subscriber.session_options().lanes; ++lane) lanes_.emplace_back();
  thread_ = std::jthread([this] {
    while (consumption_.step(subscriber_.here().clock.steady() + longest_step)) {}
    ended_ = true;
  });
}

void ConsumerThreads::join() {
  if (thread_.joinable()) thread_.join();
}

Hands ConsumerThreads::hands() {
  return {[this](const inbox::RunBatch& job) {
            run(job.lane, [this, job] { return subscriber_.consumer().run_batch(job.batch, job.how); });
          },
          [this](const inbox::RunDeferred& job) {
            run(job.lane, [this, job] { return subscriber_.consumer().run_deferred(job.due, job.how); });
          },
          [this](const ports::DueQuery& query) { due_.run([this, query] { look_for_due(query); }); }};
}

void ConsumerThreads::run(int lane, const std::function<inbox::Report()>& work) {
  lanes_[static_cast<std::size_t>(lane)].run([this, lane, work] { consumption_.settled(lane, subscriber_.run(work)); });
}

void ConsumerThreads::look_for_due(const ports::DueQuery& query) {
  std::optional<std::vector<ports::Due>> events;
  try {
    events = subscriber_.store().due(query);
  } catch (const std::exception&) {
    events.reset();  // the session asks again later
  }
  if (events) consumption_.due(std::move(*events));
  else consumption_.store_down();
}

}  // namespace holdfast::host

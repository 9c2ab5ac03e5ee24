// Two instances of one service, both at the same event at once; the same on every store.
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include "integration/host/place.hpp"

namespace holdfast::host_test {

/// What is outside: slow enough that both instances call it, and it knows one key from another.
class Gateway {
 public:
  void charge(const EventId& key) {
    std::unique_lock lock(mutex_);
    charged_.insert(key.to_string());
    ++calls_;
    both_.notify_all();
    EXPECT_TRUE(both_.wait_for(lock, std::chrono::minutes(1), [this] { return calls_ >= 2; }));
  }
  std::size_t charges() const { return charged_.size(); }

 private:
  std::mutex mutex_;
  std::condition_variable both_;
  std::set<std::string> charged_;
  int calls_ = 0;
};

/// Place: a fixture with a host and ears on it, as in place.hpp.
template <class Place>
struct RivalsAt : Place {
  /// Both call outside and only one has the effect; returns the event.
  EventId one_effect_of_two(const HostOptions& of_rival) {
    Gateway gateway;
    auto subscription = this->taking("pay");
    subscription.ordering = Ordering::none;
    subscription.batch = subscription.concurrency = 1;
    const auto pay = [&](Context& ctx, const Placed& placed) {
      gateway.charge(ctx.info().id);
      this->effect(ctx, placed.text);
      ctx.publish(Reserved{placed.orderId});
    };
    Ears rivals_ears;
    Host rival(of_rival);
    rivals_ears.listen(rival);
    this->host.subscribe(subscription, pay), rival.subscribe(subscription, pay);
    this->host.start(), rival.start();
    const EventId id = EventId::of_body("one");
    for (int copies = 0; copies < 3; ++copies)
      this->publish({1, "paid"}, {.id = id});  // one instance holds at most two
    const auto one = [](const Ears::Heard& heard) { return heard.settled("pay") >= 1; };
    EXPECT_TRUE(this->ears.until(one));
    EXPECT_TRUE(rivals_ears.until(one));
    this->host.stop(), rival.stop();
    EXPECT_EQ(gateway.charges(), 1u);
    EXPECT_EQ(this->effects(), std::vector<std::string>{"paid"});
    EXPECT_EQ(this->ears.counts("pay").handled + rivals_ears.counts("pay").handled, 1);
    return id;
  }
};

}  // namespace holdfast::host_test

// The options of a transport, read, and its own numbers.
#pragma once
#include "holdfast/kafka.hpp"
#include "ports/values.hpp"
#include "transport/kafka/address.hpp"
#include "transport/kafka/names.hpp"

namespace holdfast::transport::kafka {

/// The first librdkafka whose cooperative groups are sound. Before it they end the process (#4312) or loop (#4783), or a commit in a
/// rebalance costs the membership (#4059).
inline constexpr int cooperates_from = 0x020a0000;  // 2.10

struct Settings {
  Address broker = {};
  TopicMap topics = {};
  holdfast::kafka::Options options = {};
  ports::Millis retry_first{250}, retry_most{5'000};  // a receiver's new beginnings
  ports::Millis probe{500};  // how often brokers that are all away are looked for
  ports::Millis look_timeout{2'000};  // of a look while events wait
  ports::Millis look_for_topics{10'000};  // a topic that matches a pattern may be made at any time
  ports::Millis facts_hold{60'000};  // what a broker said of a topic
  ports::Millis last_reports{1'000};  // of a session that ends: these events need not be sent again
  ports::Millis stalled{500};  // nobody takes what is read: the partitions are paused, and polling goes on
  ports::Millis revoke_patience{10'000};  // for what is in work, before its partition goes to another
  ports::Millis farewell{3'000};  // to the group
  ports::Millis commit_again{200};  // after one that failed
  ports::Millis proof_holds{
      600'000};  // a partition without a confirm for so long takes the next event alone (see publisher.hpp)
  std::int64_t said_ahead =
      256;  // by a commit, of what will be handed out: so many more count as redelivered after an unclean end
  std::size_t most_held = 256;  // read, and not handed out
  std::size_t window = 10'000;  // published and not confirmed
  int batch_bytes = 131'072;
  int linger_ms = 1;
  int topic_bytes = 1'200'000;  // max.message.bytes of topics that are made here: the largest event and its headers
};

}  // namespace holdfast::transport::kafka

#include "admin/import.hpp"

#include <optional>

#include "holdfast/errors.hpp"
#include "inbox/consumer.hpp"

namespace holdfast::admin {
namespace {

constexpr int prefetch = 100;
constexpr ports::Millis connect_limit{5000};

/// One pump of the DLQ.
ports::Received import_some(ports::Receiver& receiver, inbox::Consumer& consumer, const ports::Clock& clock,
                            Imported& sum) {
  ports::Received got;
  receiver.pump(clock.steady() + ports::Millis(100), got);
  for (const auto& delivery : got.deliveries) {
    const auto report = consumer.import_dead_letter(delivery);
    if (report.end != inbox::Report::End::done)
      throw Unavailable("the import stopped; what is left stays in the dead-letter queue: " + report.why);
    sum.taken_in += report.counts.dead, sum.known += report.counts.dropped;
    const ports::Position settled{delivery.session, delivery.tag};
    receiver.ack({&settled, 1});
  }
  return got;
}

/// Until the DLQ is known to be empty, or why it cannot be read.
std::optional<ports::Received> import_all(ports::Receiver& receiver, inbox::Consumer& consumer,
                                          const ports::Clock& clock, Imported& sum) {
  for (auto give_up = clock.steady() + connect_limit;;) {
    auto got = import_some(receiver, consumer, clock, sum);
    if (got.connected && got.empty && got.deliveries.empty()) return {};
    if (got.connected) give_up = clock.steady() + connect_limit;
    if (got.missing || (!got.connected && clock.steady() > give_up)) return got;
  }
}

bool is_there(detail::TransportBase& transport) {
  try {
    transport.topology().depth("");
    return true;
  } catch (const std::exception&) { return false; }
}

NotLookedAt not_looked_at(const ports::ConsumerCounts& c, const ports::Received& got) {
  const auto why = got.missing ? c.queue + " has none: this consumer is gone, or this is another broker" : got.problem;
  return {c.consumer + ": " + why, got.missing};
}

}  // namespace

Imported import_dead_letters(detail::StoreBase& store, detail::TransportBase& transport) {
  Imported sum;
  const inbox::Handlers none;
  bool away = false;  // the broker: it is not waited for once more for each consumer
  for (const auto& counts : store.admin()->status().consumers) {
    if (counts.queue.empty()) continue;
    if (away) {
      sum.not_looked_at.push_back({counts.consumer + ": likewise"});
      continue;
    }
    const auto inbox_store = store.inbox(counts.consumer);
    inbox::Policy policy;
    policy.consumer = counts.consumer, policy.queue = counts.queue;
    inbox::Consumer consumer({*inbox_store, store.clock(), none, std::move(policy), [] { return 0.0; }});
    const auto receiver = transport.dead_letters(counts.queue, "import");
    receiver->credit(prefetch);
    if (const auto got = import_all(*receiver, consumer, store.clock(), sum)) {
      sum.not_looked_at.push_back(not_looked_at(counts, *got));
      away = !got->missing && !is_there(transport);
    }
  }
  return sum;
}

}  // namespace holdfast::admin

#include "admin/import.hpp"

#include "holdfast/errors.hpp"
#include "inbox/consumer.hpp"

namespace holdfast::admin {
namespace {

constexpr int prefetch = 100;
constexpr ports::Millis connect_limit{5000};

/// One pump of the DLQ; false: it is known to be empty.
bool import_some(ports::Receiver& receiver, inbox::Consumer& consumer, const ports::Clock& clock, ports::Tick give_up,
                 Imported& sum) {
  ports::Received got;
  receiver.pump(clock.steady() + ports::Millis(100), got);
  if (!got.connected && clock.steady() > give_up)
    throw Unavailable("the dead-letter queue cannot be read: " + got.problem);
  for (const auto& delivery : got.deliveries) {
    const auto report = consumer.import_dead_letter(delivery);
    if (report.end != inbox::Report::End::done)
      throw Unavailable("the import stopped; what is left stays in the dead-letter queue: " + report.why);
    sum.taken_in += report.counts.dead, sum.known += report.counts.dropped;
    const ports::Position settled{delivery.session, delivery.tag};
    receiver.ack({&settled, 1});
  }
  return !(got.connected && got.empty && got.deliveries.empty());
}

}  // namespace

Imported import_dead_letters(detail::StoreBase& store, detail::TransportBase& transport) {
  Imported sum;
  const inbox::Handlers none;
  for (const auto& counts : store.admin()->status().consumers) {
    if (counts.queue.empty()) continue;
    const auto inbox_store = store.inbox(counts.consumer);
    inbox::Policy policy;
    policy.consumer = counts.consumer, policy.queue = counts.queue;
    inbox::Consumer consumer({*inbox_store, store.clock(), none, std::move(policy), [] { return 0.0; }});
    const auto receiver = transport.dead_letters(counts.queue, "import");
    receiver->credit(prefetch);
    const auto give_up = store.clock().steady() + connect_limit;
    while (import_some(*receiver, consumer, store.clock(), give_up, sum)) {}
  }
  return sum;
}

}  // namespace holdfast::admin

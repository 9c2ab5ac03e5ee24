// G2, G4, link 1: the only writer of new events. It takes an open transaction and never opens one; what is published in a transaction
// of Holdfast's own is buffered and written at its commit in one call, keys sorted, so that key locks are short and cannot deadlock.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "event/limits.hpp"
#include "holdfast/outbox.hpp"
#include "outbox/creation.hpp"
#include "ports/clock.hpp"
#include "ports/outbox_store.hpp"

namespace holdfast::outbox {

struct PublishSetup {
  std::string producer;
  const ports::Clock& clock = ports::system_clock();
  /// Any thread, never blocks, does not throw: so many events were committed; 0: nobody knows how many.
  std::function<void(std::size_t events)> wake = {};
  event::Limits limits = {};
  const ports::OutboxWriter* writer = nullptr;  // null: that of the transaction's dialect
  BeginCreation begin_creation = {};
};

class Publishing : public std::enable_shared_from_this<Publishing> {
 public:
  explicit Publishing(PublishSetup setup) : setup_(std::move(setup)) {}

  EventId publish(TransactionRef tx, std::string_view type, std::string_view json, PublishOptions options) const;
  void wake(std::size_t events = 0) const;
  const ports::OutboxWriter& writer(Dialect dialect) const;

 private:
  EventInfo describe(std::string_view type, PublishOptions options) const;

  PublishSetup setup_;
};

Outbox make(PublishSetup setup);

}  // namespace holdfast::outbox

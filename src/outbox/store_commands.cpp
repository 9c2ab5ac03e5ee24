#include "outbox/store_commands.hpp"

#include <exception>

#include "holdfast/errors.hpp"

namespace holdfast::outbox {
namespace {

struct Runner {
  ports::OutboxStore& store;

  StoreAnswer operator()(const ReadPage& c) const { return PageRead{store.read(c.round, c.limit, c.without)}; }
  StoreAnswer operator()(const ReadKeys& c) const { return KeysRead{store.read_keys(c.keys, c.limit_each)}; }
  StoreAnswer operator()(const MarkPublished& c) const { return Marked{store.mark_published(c.rows)}; }
  StoreAnswer operator()(const NoteFailure& c) const {
    store.note_failure(c.rows, c.error, c.refused);
    return Noted{};
  }
  StoreAnswer operator()(const RenewLease& c) const { return LeaseAnswer{store.renew(c.owner, c.ttl)}; }
  StoreAnswer operator()(const ReleaseLease& c) const {
    store.release(c.owner);
    return Released{};
  }
};

}  // namespace

StoreAnswer run(const StoreCommand& command, ports::OutboxStore& store) {
  try {
    return std::visit(Runner{store}, command);
  } catch (const std::exception& failure) { return StoreFailed{command.index(), failure.what()}; }
}

}  // namespace holdfast::outbox

// What an operator does to events that were set aside: replay, take back, discard. Blocking, any thread; each act is a
// transaction of its own under the event's lock, recorded under the action's id, so that a rerun finds it done.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "inbox/handlers.hpp"
#include "ports/inbox_store.hpp"

namespace holdfast::inbox {

enum class Acted {
  done,
  out_of_turn,  // done; it blocks no key, so it takes effect beside the order of its key
  running,      // it runs just now, or another act has it: look again
  not_there,    // settled meanwhile, or never set aside
  at_broker,    // it waits there for its next try: nothing of it is here to act on
  not_in_state, // replay: it waits behind another one; take back: it is due
};

class Acts {
 public:
  /// handlers: to check an edited body; null where the program does not have them.
  explicit Acts(ports::InboxStore& store, const Handlers* handlers = nullptr) : store_(store), handlers_(handlers) {}

  /// A dead letter is due in due_in, attempts 0; one that waits for its retry is due then. edited: replaces the body; Invalid
  /// if it is another event or breaks its contract.
  Acted replay(const EventId& id, const ports::OperatorAction& action, ports::Millis due_in = {},
               const std::optional<std::string>& edited = {});
  /// A replayed event that is not due yet is dead again.
  Acted take_back(const EventId& id, const ports::OperatorAction& action);
  Acted discard(const EventId& id, const ports::OperatorAction& action);

 private:
  ports::InboxStore& store_;
  const Handlers* handlers_;
};

}  // namespace holdfast::inbox

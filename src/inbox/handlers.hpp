// The table of one subscription: which handler takes a type, and the way from an old version of a type to the one that is handled.
// Handlers are what a user wrote, wrapped by the host. Filled before the start, then read from any thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "holdfast/event.hpp"
#include "holdfast/transaction.hpp"

namespace holdfast::ports {
class InboxTx;
}

namespace holdfast::inbox {

enum class Form { single, bulk, any, own };

/// Ends a run: somebody else has settled its event meanwhile, or the transaction cannot be opened. No std::exception, so that
/// no handler takes it for a failure of its own; whoever catches (...) around a handler must let it pass.
struct RunEnds {};

/// What a run of a handler is given. Valid during the run, on its thread.
class Call {
 public:
  virtual ~Call() = default;
  /// The transaction around the handler. With batch = 1 the first call opens it and claims: may throw RunEnds.
  virtual ports::InboxTx& tx() = 0;
  /// Form::own: writes the inbox row in the user's transaction. false: nothing is written, the handler returns.
  virtual bool claim(TransactionRef tx) = 0;
  virtual std::span<const Envelope> envelopes() const = 0;
  const EventInfo& info() const { return envelopes().front().info; }
  virtual std::stop_token stopping() const = 0;
};

struct Handler {
  std::string type;  // "": any type that no other handler takes
  Form form = Form::single;
  /// single, any, own: one event a run. bulk: one or more, all of this type. Throwing a failure rolls back.
  /// The run may change what its handler sees of them.
  std::function<void(Call&, std::span<Envelope>)> run;
  std::function<std::string(std::string_view payload)> key_of = {};  // the contract's key(); empty: it has none
  std::function<void(std::string_view payload)> check = {};  // throws Invalid: it breaks the contract
};

struct Upcaster {
  std::string from, to;  // types
  std::function<std::string(std::string_view payload)> convert;
  std::function<std::string(std::string_view payload)> key_of = {};  // of the old contract
};

class Handlers {
 public:
  void add(Handler handler);  ///< Invalid: the type has a handler already
  void add(Upcaster upcaster);  ///< Invalid: the type has an upcaster already, or the chain would be a circle

  /// The handler of a type, after upcasting; null: no_handler.
  const Handler* find(const std::string& type) const;
  /// The type that handlers see.
  const std::string& newest(const std::string& type) const;
  /// The event as its handler sees it. Invalid: the payload breaks the old contract.
  Envelope upcast(Envelope envelope) const;
  std::vector<std::string> types() const;  // of the handlers and of what is upcast; not "", which is any
  /// "": the contract has no key, is not known, or the payload breaks it.
  std::string key(const std::string& type, std::string_view payload) const;
  /// Invalid, with the pointer from the root of the payload: it breaks the contract of its type.
  void check(const std::string& type, std::string_view payload) const;

 private:
  std::map<std::string, Handler> handlers_;
  std::map<std::string, Upcaster> upcasters_;
};

}  // namespace holdfast::inbox

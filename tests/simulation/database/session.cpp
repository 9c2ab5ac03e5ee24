#include "simulation/database/session.hpp"

namespace sim {
namespace {

holdfast::TransactionRef::Answer no_sql(void*, std::string_view, std::span<const holdfast::detail::SqlValue>) {
  throw std::logic_error("the simulated database knows no SQL");
}

ServerTx& connect(Database& database) {
  database.scheduler.point();
  if (database.away()) throw holdfast::Unavailable(database.name() + " is away");
  return database.open();
}

}  // namespace

Session::Session(Database& database) : database_(database), tx_(connect(database)) {}

Session::~Session() {
  if (!tx_.open || tx_.orphan) return;
  if (trouble_ || database_.scheduler.dying()) database_.abandon(tx_, false);
  else database_.end(tx_, false);
}

void Session::lose(ports::Trouble trouble, const char* why) {
  trouble_ = trouble;
  if (trouble == ports::Trouble::unavailable) throw holdfast::Unavailable(why);
  throw holdfast::Transient(why);
}

void Session::let_others_run() {
  database_.scheduler.point();
  if (!tx_.open) lose(ports::Trouble::transient, "the server ended the session");
}

void Session::call() {
  if (trouble_) lose(*trouble_, "the transaction is broken");
  let_others_run();
  if (database_.away()) lose(ports::Trouble::unavailable, "the database is away");
  if (!database_.scheduler.random.chance(database_.faults.lost_call)) return;
  ++database_.counts.lost_calls;
  lose(ports::Trouble::transient, "the connection is lost");
}

void Session::wait(const Lockable& row) {
  if (!database_.wait_for(tx_, row)) lose(ports::Trouble::transient, "deadlock or lock timeout");
}

void Session::append(std::span<const ports::OutgoingEvent> events) {
  call();
  for (const auto& event : events)
    if (event.envelope.size() > database_.most_bytes)
      throw holdfast::SqlError("23514", "the envelope is larger than the CHECK allows");
  if (!database_.append(tx_, events)) lose(ports::Trouble::transient, "deadlock or lock timeout");
}

void Session::commit() {
  call();
  if (database_.scheduler.random.chance(database_.faults.in_doubt)) {
    ++database_.counts.in_doubt;
    trouble_ = ports::Trouble::transient;
    database_.abandon(tx_, database_.scheduler.random.chance(.5));
    throw holdfast::InDoubt("the answer to the commit is lost");
  }
  database_.end(tx_, true);
  database_.scheduler.point();  // a process may die here, its work done
}

std::optional<Session::Broken> Session::broken() const {
  if (!trouble_) return {};
  return *trouble_ == ports::Trouble::transient ? Broken::transient : Broken::unavailable;
}

holdfast::TransactionRef Session::ref() { return {holdfast::Dialect::postgres, this, no_sql, &hook}; }
holdfast::TransactionRef Session::enlisted() { return {holdfast::Dialect::postgres, this, no_sql}; }

}  // namespace sim

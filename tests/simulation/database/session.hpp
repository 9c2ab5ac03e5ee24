// A client's connection with one open transaction: each call is a way to the server on which others run and the connection breaks.
// It is what is behind a holdfast::Transaction here.
#pragma once
#include "simulation/database/database.hpp"
#include "sql/state.hpp"

namespace sim {

class Session : public holdfast::detail::TransactionState {
 public:
  explicit Session(Database& database);  // Unavailable
  ~Session() override;  // rolls back; what a dead client leaves open may linger
  Session(const Session&) = delete;

  void call();  // Transient, Unavailable
  void let_others_run();  // amid a statement. Transient
  void wait(const Lockable& row);  // until nobody else has it. Transient
  void take(Lockable& row) { wait(row), tx_.take(row); }
  void append(std::span<const ports::OutgoingEvent> events);
  void commit() override;  // Transient, InDoubt, Unavailable

  Database& database() { return database_; }
  ServerTx& tx() { return tx_; }
  const std::optional<ports::Trouble>& trouble() const { return trouble_; }
  std::optional<Broken> broken() const override;
  holdfast::TransactionRef ref() override;
  holdfast::TransactionRef enlisted();  // as if the user had opened it himself
  static Session& of(holdfast::TransactionRef ref) { return *static_cast<Session*>(ref.session()); }

 private:
  [[noreturn]] void lose(ports::Trouble trouble, const char* why);

  Database& database_;
  ServerTx& tx_;
  std::optional<ports::Trouble> trouble_;
};

}  // namespace sim

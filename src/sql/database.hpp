// What a store needs of a driver: open transactions. Threads: any.
// Errors: Unavailable when none can be had in time, or the database is away, read-only, full or damaged.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "sql/state.hpp"

namespace holdfast::sql {

/// lazy: a power cut may take the commit back, a crash of the process may not. For what is only repeated then.
enum class Durability { full, lazy };

/// for_good: waiting does not cure it.
struct WriteTrouble {
  std::string why;
  bool for_good = false;
};

class Database {
 public:
  virtual ~Database() = default;
  virtual std::string name() const = 0;
  virtual Dialect dialect() const = 0;
  virtual std::unique_ptr<detail::TransactionState> begin(Durability durability) = 0;
  /// For SELECTs that see one state of the database and hold up nobody.
  virtual std::unique_ptr<detail::TransactionState> begin_read() = 0;
  /// Why the last transaction that wanted to write could not; none once one could again. Asks nobody.
  virtual std::optional<WriteTrouble> write_trouble() const { return {}; }
  /// For a handler, which may work outside for a while without a word to the database.
  virtual std::unique_ptr<detail::TransactionState> begin_for_handler() { return begin(Durability::full); }
  virtual void expect_handlers_of(std::chrono::milliseconds) {}
  /// One statement that is a transaction of its own. When the answer is lost it may have been done.
  virtual TransactionRef::Answer run(Durability durability, std::string_view sql,
                                     std::span<const detail::SqlValue> params) {
    const auto tx = begin(durability);
    auto answer = tx->ref().execute(sql, params);
    tx->commit();
    return answer;
  }
};

}  // namespace holdfast::sql

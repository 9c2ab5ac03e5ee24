// What a store needs of a driver: open transactions. Threads: any.
// Errors: Unavailable when none can be had in time, or the database is away, read-only, full or damaged.
#pragma once
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
};

}  // namespace holdfast::sql

// A service's own tables, on either database. On PostgreSQL under a lock, because two instances may start at once; and only where the
// last of them is missing, because even IF NOT EXISTS needs the right to create.
#pragma once
#include <span>

#include "holdfast/errors.hpp"
#include "holdfast/store.hpp"

namespace shop {

inline bool tables_are_there(holdfast::Transaction& tx, const char* last) {
  constexpr int lock = 20250822;
  tx.query<std::optional<std::string>>("SELECT pg_advisory_xact_lock($1)::text", lock);
  return tx.query<bool>("SELECT to_regclass($1) IS NOT NULL", last).one();
}

inline void make_tables(holdfast::Store& store, const char* last, std::span<const char* const> sqlite,
                        std::span<const char* const> postgres) {
  try {
    store.transact([&](holdfast::Transaction& tx) {
      const bool on_sqlite = tx.dialect() == holdfast::Dialect::sqlite;
      if (!on_sqlite && tables_are_there(tx, last)) return;
      for (const char* sql : on_sqlite ? sqlite : postgres) tx.exec(sql);
    });
  } catch (const holdfast::SqlError& error) {
    constexpr const char* no_privilege = "42501";
    if (error.sqlstate() != no_privilege) throw;
    throw holdfast::Invalid("the service's own tables",
                            std::string("are not there, and the role may not create them (") + error.what() +
                                "); GRANT CREATE ON SCHEMA public to it for the first start");
  }
}

}  // namespace shop

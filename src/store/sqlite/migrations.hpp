// The tables, version by version. A migration that old programs can live with leaves oldest_reader as it is.
// Threads: any. Errors: Invalid where this program cannot work with what is there; those of the database.
#pragma once
#include "store/sqlite/access.hpp"

namespace holdfast::store {

constexpr int newest_schema = 1;

/// Creates or upgrades, in one transaction that holds the write lock: two programs that start at once do it once.
void migrate(const Access& access);
void check_schema(const Access& access);
int schema_version(TransactionRef tx);  ///< 0: there are no tables

}  // namespace holdfast::store

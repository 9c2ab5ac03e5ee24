// The tables, version by version. A migration that old programs can live with leaves oldest_reader as it is.
// Threads: any. Errors: Invalid where this program cannot work with what is there; those of the database.
#pragma once
#include "store/postgres/access.hpp"

namespace holdfast::store {

constexpr int newest_postgres_schema = 1;

/// Creates or upgrades, in one transaction under a lock: two programs that start at once do it once.
void migrate_postgres(const PostgresAccess& access);
void check_postgres_schema(const PostgresAccess& access);
int postgres_schema_version(TransactionRef tx);  ///< 0: there are no tables

}  // namespace holdfast::store

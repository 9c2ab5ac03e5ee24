#include "store/postgres/migrations.hpp"

#include <fmt/format.h>

#include <array>

#include "holdfast/errors.hpp"
#include "ports/store_base.hpp"
#include "store/migrations/0001-postgres.hpp"

namespace holdfast::store {
namespace {

constexpr std::array<std::string_view, newest_postgres_schema> migrations = {migration_0001_postgres};
constexpr const char* no_privilege = "42501";
constexpr const char* how_to_grant = "`holdfast migrate --print-grants` prints what its owner has to run";

struct Version {
  int version = 0, oldest_reader = 0;
};

/// Not by to_regclass: it fails where the role may not look into the schema.
Version version_of(TransactionRef tx) {
  if (tx.query<int>("SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                    " WHERE n.nspname = 'holdfast' AND c.relname = 'schema_version'")
          .empty())
    return {};
  const auto row = tx.query<int, int>("SELECT version, oldest_reader FROM holdfast.schema_version").one_or_none();
  if (!row) throw Invalid("holdfast.schema_version", "the table is empty; restore the database from a backup");
  return {std::get<0>(*row), std::get<1>(*row)};
}

void require_readable(const PostgresAccess& access, const Version& found) {
  if (found.oldest_reader <= newest_postgres_schema) return;
  throw Invalid(
      access.database->name(),
      fmt::format("its tables are of version {} and need a Holdfast that knows version {}; this one knows {}. "
                  "Nothing was changed; upgrade this program",
                  found.version, found.oldest_reader, newest_postgres_schema));
}

/// What the role may not do is said with the way out of it.
template <class Body>
void with_rights(const PostgresAccess& access, Body body) {
  try {
    body();
  } catch (const SqlError& error) {
    if (error.sqlstate() != no_privilege) throw;
    throw Invalid(access.database->name(), fmt::format("{}. Nothing was changed; {}", error.what(), how_to_grant));
  }
}

/// An empty line parts the statements.
void run_all(TransactionRef tx, std::string_view sql) {
  constexpr std::string_view gap = "\n\n";
  while (!sql.empty()) {
    const auto end = std::min(sql.find(gap), sql.size());
    tx.exec(sql.substr(0, end));
    sql.remove_prefix(std::min(end + gap.size(), sql.size()));
  }
}

/// Who only lacks rights on tables would find out at the first event.
void require_rights(TransactionRef tx, const PostgresAccess& access) {
  const auto missing = tx.query<std::string>(
      "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
      " WHERE n.nspname = 'holdfast' AND c.relkind = 'r' AND c.relname <> 'schema_version'"
      "   AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')"
      "            AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))"
      " ORDER BY 1");
  if (missing.empty()) return;
  throw Invalid(access.database->name(),
                fmt::format("the role may not read and write holdfast.{}; {}", *missing.begin(), how_to_grant));
}

}  // namespace

int postgres_schema_version(TransactionRef tx) { return version_of(tx).version; }

void migrate_postgres(const PostgresAccess& access) {
  with_rights(access, [&] {
    {  // most starts find nothing to do, and need no lock for that
      Transaction tx = access.begin_read();
      const Version found = version_of(tx);
      require_readable(access, found);
      if (found.version >= newest_postgres_schema) return;
    }
    Transaction tx = access.begin();
    tx.exec("SET LOCAL lock_timeout = '60s'");  // another program may be at it
    tx.query<std::optional<std::string>>("SELECT pg_advisory_xact_lock(1215261796, 0)::text");
    const Version found = version_of(tx);
    require_readable(access, found);
    for (auto next = static_cast<std::size_t>(found.version); next < migrations.size(); ++next)
      run_all(tx, migrations.at(next));
    tx.commit();
  });
}

void check_postgres_schema(const PostgresAccess& access) {
  with_rights(access, [&] {
    Transaction tx = access.begin_read();
    const Version found = version_of(tx);
    require_readable(access, found);
    if (found.version == 0)
      throw detail::NeedsMigration(
          access.database->name(),
          "Holdfast's tables are not there; run `holdfast migrate`, or start with database.migrate = true");
    if (found.version < newest_postgres_schema)
      throw detail::NeedsMigration(
          access.database->name(),
          fmt::format("its tables are of version {}, this program needs {}; run `holdfast migrate`", found.version,
                      newest_postgres_schema));
    require_rights(tx, access);
  });
}

}  // namespace holdfast::store

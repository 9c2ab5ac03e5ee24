#include "store/sqlite/migrations.hpp"

#include <fmt/format.h>

#include <array>

#include "holdfast/errors.hpp"
#include "ports/store_base.hpp"
#include "store/migrations/0001-sqlite.hpp"

namespace holdfast::store {
namespace {

constexpr std::array<std::string_view, newest_schema> migrations = {migration_0001_sqlite};

struct Version {
  int version = 0, oldest_reader = 0;
};

Version version_of(TransactionRef tx) {
  if (tx.query<int>("SELECT 1 FROM sqlite_master WHERE name = 'holdfast_schema_version'").empty()) return {};
  const auto row = tx.query<int, int>("SELECT version, oldest_reader FROM holdfast_schema_version").one_or_none();
  if (!row) throw Invalid("holdfast_schema_version", "the table is empty; restore the database from a backup");
  return {std::get<0>(*row), std::get<1>(*row)};
}

void require_readable(const Access& access, const Version& found) {
  if (found.oldest_reader <= newest_schema) return;
  throw Invalid(
      access.database->name(),
      fmt::format("its tables are of version {} and need a Holdfast that knows version {}; this one knows {}. "
                  "Nothing was changed; upgrade this program",
                  found.version, found.oldest_reader, newest_schema));
}

/// Statements end with ";" at the end of a line.
void run_all(TransactionRef tx, std::string_view sql) {
  constexpr std::string_view end = ";\n";
  for (auto at = sql.find(end); at != sql.npos; at = sql.find(end)) {
    tx.exec(sql.substr(0, at));
    sql.remove_prefix(at + end.size());
  }
}

}  // namespace

int schema_version(TransactionRef tx) { return version_of(tx).version; }

void migrate(const Access& access) {
  {  // most starts find nothing to do, and need no lock for that
    Transaction tx = access.begin_read();
    const Version found = version_of(tx);
    require_readable(access, found);
    if (found.version >= newest_schema) return;
  }
  Transaction tx = access.begin();
  const Version found = version_of(tx);
  require_readable(access, found);
  for (auto next = static_cast<std::size_t>(found.version); next < migrations.size(); ++next)
    run_all(tx, migrations.at(next));
  tx.commit();
}

void check_schema(const Access& access) {
  Transaction tx = access.begin_read();
  const Version found = version_of(tx);
  require_readable(access, found);
  if (found.version == 0)
    throw detail::NeedsMigration(
        access.database->name(),
        "Holdfast's tables are not there; run `holdfast migrate`, or start with database.migrate = true");
  if (found.version < newest_schema)
    throw detail::NeedsMigration(
        access.database->name(),
        fmt::format("its tables are of version {}, this program needs {}; run `holdfast migrate`", found.version,
                    newest_schema));
}

}  // namespace holdfast::store

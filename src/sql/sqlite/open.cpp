#include "sql/sqlite/open.hpp"

#include "holdfast/sqlite.hpp"
#include "store/sqlite/store.hpp"

namespace holdfast {

Store store::open_sqlite(sqlite::Settings settings, const ports::Clock& clock) {
  return Store(std::make_shared<SqliteStore>(std::make_unique<sqlite::File>(std::move(settings)), clock));
}

Store sqlite::open(Options options) {
  return store::open_sqlite({.file = options.file,
                             .connections = options.connections,
                             .acquire_timeout = options.acquire_timeout,
                             .busy_timeout = options.acquire_timeout},
                            ports::system_clock());
}

}  // namespace holdfast

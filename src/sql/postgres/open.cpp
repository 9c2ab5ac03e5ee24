#include "sql/postgres/open.hpp"

#include "holdfast/postgres.hpp"
#include "sql/postgres/server.hpp"
#include "store/postgres/store.hpp"

namespace holdfast {

Store store::open_postgres(postgres::Settings settings, const ports::Clock& clock) {
  return Store(std::make_shared<PostgresStore>(std::make_unique<postgres::Server>(std::move(settings)), clock));
}

Store postgres::open(Options options) {
  Settings settings;
  settings.url = std::move(options.url);
  settings.connections = options.connections;
  settings.acquire_timeout = options.acquire_timeout;
  settings.pooler = options.pooler;
  return store::open_postgres(std::move(settings), ports::system_clock());
}

}  // namespace holdfast

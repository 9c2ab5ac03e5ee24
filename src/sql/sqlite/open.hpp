// sqlite::open with what only Holdfast's own programs and tests set.
#pragma once
#include "holdfast/store.hpp"
#include "sql/sqlite/database.hpp"

namespace holdfast::store {

Store open_sqlite(sqlite::Settings settings, const ports::Clock& clock);
inline Store open_sqlite(const std::string& file, const ports::Clock& clock) {
  return open_sqlite(sqlite::Settings{.file = file}, clock);
}

}  // namespace holdfast::store

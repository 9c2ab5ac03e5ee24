// postgres::open with what only Holdfast's own programs and tests set.
#pragma once
#include "holdfast/store.hpp"
#include "ports/clock.hpp"
#include "sql/postgres/settings.hpp"

namespace holdfast::store {

Store open_postgres(postgres::Settings settings, const ports::Clock& clock);

}  // namespace holdfast::store

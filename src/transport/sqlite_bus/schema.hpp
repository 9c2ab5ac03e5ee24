// The tables of the file, and the only text that creates them.
#pragma once
#include <memory>
#include <string>

#include "sql/sqlite/connection.hpp"
#include "transport/sqlite_bus/busy_wait.hpp"
#include "transport/sqlite_bus/settings.hpp"

namespace holdfast::transport::sqlite_bus {

/// Opens the file and creates what is missing. Unavailable; Invalid: the file is something else, or of a newer Holdfast.
std::unique_ptr<sqlite::Connection> connect(const std::string& file, const Settings& settings, BusyWait& busy);

}  // namespace holdfast::transport::sqlite_bus

// The bus in a file: what open_bus makes, with a clock and numbers of one's own. Opening touches nothing.
#pragma once
#include "holdfast/transport.hpp"
#include "ports/clock.hpp"
#include "transport/sqlite_bus/settings.hpp"

namespace holdfast::transport {

/// clock: pump() waits by the machine's; with one that is moved by hand, pump until now. Invalid: ":memory:".
Transport open_sqlite_bus(const std::string& file, const ports::Clock& clock, sqlite_bus::Settings settings = {});

}  // namespace holdfast::transport

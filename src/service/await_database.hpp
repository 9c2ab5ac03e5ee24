// A start that waits for its database: a server that is away, or that goes away in the middle, is waited for. One that says no (a
// wrong password, a pooler) is not, and a file does not come by waiting.
#pragma once
#include <functional>

#include "holdfast/store.hpp"
#include "host/signals.hpp"
#include "telemetry/log.hpp"

namespace holdfast::service {

/// Runs `begin`, anew until the database let it do all. false: a signal asked to stop first.
bool await_database(Dialect dialect, const host::Signals& signals, const telemetry::Log& log,
                    const std::function<void()>& begin);

}  // namespace holdfast::service

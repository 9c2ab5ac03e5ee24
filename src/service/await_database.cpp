#include "service/await_database.hpp"

#include "sql/refused.hpp"

namespace holdfast::service {
namespace {

/// What is waited for; "" = it began.
std::string try_to_begin(Dialect dialect, const std::function<void()>& begin) {
  try {
    begin();
    return "";
  } catch (const sql::Refused&) { throw; } catch (const Unavailable& away) {
    if (dialect != Dialect::postgres) throw;
    return away.what();
  } catch (const Transient& busy) {
    if (dialect != Dialect::postgres) throw;
    return busy.what();
  }
}

}  // namespace

bool await_database(Dialect dialect, const host::Signals& signals, const telemetry::Log& log,
                    const std::function<void()>& begin) {
  constexpr std::chrono::seconds pause(1);
  for (;;) {
    const auto why = try_to_begin(dialect, begin);
    if (why.empty()) return true;
    log.warning("the database is away; it is waited for", {{"error", why}});
    if (signals.within(pause)) return false;
  }
}

}  // namespace holdfast::service

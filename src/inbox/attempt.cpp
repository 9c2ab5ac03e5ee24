#include "inbox/attempt.hpp"

#include "holdfast/contract.hpp"
#include "inbox/reasons.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {
namespace {

using Kind = Outcome::Kind;

Outcome outcome(Kind kind, const char* error) { return {kind, {reason::failed, error, false}}; }
Outcome failed(const char* reason, const char* error, bool final) { return {Kind::failed, {reason, error, final}}; }

Outcome undone(const char* error) {
  return mutant("transient_counts_attempt") ? failed(reason::failed, error, false) : outcome(Kind::again, error);
}
Outcome in_doubt(const char* error) {
  return mutant("in_doubt_is_failure") ? failed(reason::failed, error, false) : outcome(Kind::again, error);
}

/// unavailable: whose absence that is.
Outcome caught(const std::function<void()>& run, Kind unavailable) try {
  run();
  return {};
} catch (const RunEnds&) { return {Kind::ends}; } catch (const Transient& error) {
  return undone(error.what());
} catch (const InDoubt& error) { return in_doubt(error.what()); } catch (const Unavailable& error) {
  return outcome(unavailable, error.what());
} catch (const Reject& error) {
  return failed(reason::rejected, error.what(), true);
} catch (const detail::BrokenContract& error) {
  return failed(reason::invalid, error.what(), true);
} catch (const std::exception& error) { return failed(reason::failed, error.what(), false); }

}  // namespace

Outcome of_handler(const std::function<void()>& run) { return caught(run, Kind::unavailable); }

Outcome of_store(const std::function<void()>& calls) { return caught(calls, Kind::store_down); }

Outcome judged(const ports::InboxTx* tx, Outcome out) {
  const auto trouble = tx ? tx->trouble() : std::nullopt;
  if (!trouble) return out;
  HOLDFAST_MARK("trouble_beneath_handler");
  if (*trouble == ports::Trouble::transient) return undone(out.failure.error.c_str());
  return {Kind::store_down, out.failure};
}

}  // namespace holdfast::inbox

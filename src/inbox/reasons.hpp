// Why an event had no effect, as `deferred`, the DLQ's header and `holdfast dlq list --reason` say it. Stable words.
#pragma once
#include <array>

namespace holdfast::inbox::reason {

inline constexpr const char* failed = "failed";          // the handler threw: tried again
inline constexpr const char* no_handler = "no_handler";  // tried again: a newer release may have one
inline constexpr const char* exhausted = "exhausted";    // failed as often as the policy allows
inline constexpr const char* rejected = "rejected";      // the handler said so
inline constexpr const char* invalid = "invalid";        // it breaks the contract
inline constexpr const char* crash_loop = "crash_loop";  // the process ended during each of its runs
inline constexpr const char* too_old = "too_old";        // older than the inbox remembers
inline constexpr const char* id_reused = "id_reused";    // another event with its id was here before
inline constexpr const char* broker = "broker";          // the broker dead-lettered it by itself

inline constexpr std::array all = {failed,     no_handler, exhausted, rejected, invalid,
                                   crash_loop, too_old,    id_reused, broker};

}  // namespace holdfast::inbox::reason

// A stop that is past its deadline. No thread can be ended alone, so the process ends; a transaction that is open is undone,
// and what was not settled is delivered again.
#pragma once
#include <chrono>
#include <cstdlib>

#include "telemetry/log.hpp"

namespace holdfast::host {

inline constexpr int hung_code = 70;  // of a process that ends because something in it hangs

/// keeper: "a handler keeps ...". what: who it is, a field of the line.
[[noreturn]] inline void end_the_process(const telemetry::Log& log, std::chrono::seconds deadline,
                                         const std::string& keeper, const telemetry::Log::Field& what) {
  log.error("the stop did not end in " + std::to_string(deadline.count()) + " s: " + keeper +
                ". The process ends now; nothing is lost, what is not settled is delivered again",
            {what});
  std::_Exit(hung_code);
}

}  // namespace holdfast::host

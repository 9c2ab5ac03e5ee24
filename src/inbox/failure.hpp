// G5, link 2: the one way to dead. G6, link 2: the one place where an attempt is counted.
#pragma once
#include "inbox/attempt.hpp"
#include "inbox/reading.hpp"
#include "inbox/report.hpp"
#include "inbox/surroundings.hpp"

namespace holdfast::inbox {

/// A delivery had no effect: claims again, for the answer may differ by now, decides, commits. done: it is settled.
Report settle_failure(const Surroundings& here, const Event& event, const Failure& why);

/// The same for a deferred event, if it is still the one that ran: its attempts and copy number are the same.
Report settle_deferred_failure(const Surroundings& here, const Event& ran, const Failure& why);

/// A run that ended without being settled; nothing is counted.
Report stopped(Report::End end, const std::string& why);

}  // namespace holdfast::inbox

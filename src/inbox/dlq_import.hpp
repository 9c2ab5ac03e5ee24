// What the broker dead-lettered by itself is taken in; copies of what the database knows are dropped.
#pragma once
#include "inbox/reading.hpp"
#include "inbox/report.hpp"
#include "inbox/surroundings.hpp"

namespace holdfast::inbox {

/// done: acknowledge it. counts: dead (taken in) or dropped.
Report import_dead_letter(const Surroundings& here, const Event& event);

}  // namespace holdfast::inbox

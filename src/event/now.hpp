// The machine's UTC for rooms below ports. ports/clock.cpp has it: the clock is asked in one place.
#pragma once
#include "holdfast/event.hpp"

namespace holdfast::event {

Timestamp utc_now();

}  // namespace holdfast::event

// What the simulated user wrote: handlers of every form, with every temper.
#pragma once
#include "inbox/handlers.hpp"
#include "simulation/world/world.hpp"

namespace sim {

/// Of the consumer process of this number.
holdfast::inbox::Handlers handlers_of(World& world, int number);

}  // namespace sim

// What the consumer process and the importer share.
#pragma once
#include "inbox/retry_policy.hpp"
#include "simulation/world/world.hpp"

namespace sim {

holdfast::inbox::Policy policy_of(const World& world, const ports::Receiver& receiver);
ReceiverSetup receiver_setup(const World& world);

}  // namespace sim

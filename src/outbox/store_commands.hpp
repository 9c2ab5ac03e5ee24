// Runs one store command of the relay and says what came of it. Any failure is an answer: the relay backs off and asks again.
#pragma once
#include "outbox/actions.hpp"

namespace holdfast::outbox {

StoreAnswer run(const StoreCommand& command, ports::OutboxStore& store);

}  // namespace holdfast::outbox

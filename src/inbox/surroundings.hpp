// What every procedure of a consumer needs.
#pragma once
#include <functional>
#include <stop_token>

#include "inbox/handlers.hpp"
#include "inbox/retry_policy.hpp"
#include "ports/clock.hpp"
#include "ports/inbox_store.hpp"

namespace holdfast::inbox {

struct Surroundings {
  ports::InboxStore& store;
  const ports::Clock& clock;
  const Handlers& handlers;
  Policy policy;
  std::function<double()> random;  // of [0, 1), for the jitter; any thread
  std::stop_token stopping = {};
};

}  // namespace holdfast::inbox

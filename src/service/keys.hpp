// The configuration keys of a service: the table that docs/configuration.md shows (a test compares them).
#pragma once
#include "holdfast/service.hpp"
#include "service/config.hpp"

namespace holdfast::service {

std::vector<Key> service_keys(const Defaults& defaults);

/// By the keys broker.*; touches nothing.
Transport open_broker(const Config& config);

/// Rules between keys; throws Invalid.
void check_together(const Config& config);

}  // namespace holdfast::service

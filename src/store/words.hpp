// States as they stand in columns.
#pragma once
#include <string>

#include "ports/inbox_store.hpp"

namespace holdfast::store {

const char* word(ports::State state);
const char* word(ports::Deferred::Wait wait);
ports::State state_of(const std::string& word);
ports::Deferred::Wait wait_of(const std::string& word);

}  // namespace holdfast::store

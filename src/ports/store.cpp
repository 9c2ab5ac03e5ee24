// Store is a handle: what it does is in the adapter behind it.
#include "holdfast/store.hpp"

#include <stdexcept>

#include "ports/store_base.hpp"

namespace holdfast {

Transaction Store::begin() { return impl_->begin(); }
void Store::migrate() { impl_->migrate(); }
Dialect Store::dialect() const { return impl_->dialect(); }

void detail::StoreBase::use_clock(const ports::Clock&) {
  throw std::logic_error(name() + ": it has a clock of its own");
}

bool detail::retry_after(const std::exception& failure, int attempt) {
  constexpr int most_attempts = 5;
  return attempt < most_attempts && dynamic_cast<const Transient*>(&failure) != nullptr;
}

}  // namespace holdfast

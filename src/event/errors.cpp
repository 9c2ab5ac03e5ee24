#include "holdfast/errors.hpp"

#include <utility>

namespace holdfast {

Invalid::Invalid(std::string where, const std::string& reason)
    : Error(where.empty() ? reason : where + ": " + reason), where_(std::move(where)), reason_(reason) {}

Invalid Invalid::inside(std::string_view pointer) const {
  const bool is_pointer = where_.empty() || where_.front() == '/';
  return is_pointer ? Invalid(std::string(pointer) + where_, reason_) : Invalid(std::string(pointer), what());
}

}  // namespace holdfast

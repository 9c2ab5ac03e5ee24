// Tells a duplicate from another event under a used id: of type and payload only, because a copy that was sent again
// may differ in its metadata.
#pragma once
#include <string>
#include <string_view>

namespace holdfast::event {

std::string body_hash(std::string_view type, std::string_view payload);  ///< 16 bytes

}  // namespace holdfast::event

// The name that somebody meant who typed another: for configuration keys, commands, flags.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace holdfast::event {

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate closest to name; "" when there are none.
std::string nearest(std::string_view name, std::span<const std::string> candidates);

}  // namespace holdfast::event

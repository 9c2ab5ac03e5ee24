#include "transport/kafka/assigned.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::transport::kafka {
namespace {

constexpr std::string_view handed_out_to = "holdfast handed out to ";

std::int64_t offset_in(std::string_view metadata, std::int64_t none) {
  if (!metadata.starts_with(handed_out_to)) return none;
  metadata.remove_prefix(handed_out_to.size());
  std::int64_t offset = none;
  std::from_chars(metadata.data(), metadata.data() + metadata.size(), offset);
  return offset;
}

std::string metadata_of(std::int64_t offset) { return std::string(handed_out_to) + std::to_string(offset); }

}  // namespace

Assigned::Assigned(Place place, std::uint64_t session, std::int64_t start, const std::string& metadata,
                   std::int64_t end, std::int64_t ahead)
    : place_(std::move(place)),
      session_(session),
      next_(start),
      redelivered_below_(std::clamp(offset_in(metadata, start), start, std::max(start, end))),
      committed_(start),
      ahead_(ahead),
      saying_(start),
      said_(start) {}

std::string Assigned::while_open() {
  saying_ = std::max(next_ + ahead_, redelivered_below_);
  return metadata_of(saying_);
}

std::string Assigned::at_its_end() const {
  const auto reached = std::max(next_, redelivered_below_);
  return reached > position() ? metadata_of(reached) : "";
}

}  // namespace holdfast::transport::kafka

#include "transport/kafka/assigned.hpp"

#include <charconv>

namespace holdfast::transport::kafka {
namespace {

constexpr std::string_view handed_out_to = "holdfast handed out to ";

std::int64_t redelivered_below(std::int64_t start, std::string_view metadata, std::int64_t in_doubt) {
  if (metadata == Assigned::while_open()) return start + in_doubt;
  if (!metadata.starts_with(handed_out_to)) return start;
  metadata.remove_prefix(handed_out_to.size());
  std::int64_t offset = start;
  std::from_chars(metadata.data(), metadata.data() + metadata.size(), offset);
  return offset;
}

}  // namespace

Assigned::Assigned(Place place, std::uint64_t session, std::int64_t start, const std::string& metadata,
                   std::int64_t in_doubt)
    : place_(std::move(place)),
      session_(session),
      next_(start),
      redelivered_below_(redelivered_below(start, metadata, in_doubt)),
      committed_(start) {}

std::string Assigned::at_its_end() const {
  const auto reached = std::max(next_, redelivered_below_);
  return reached > position() ? std::string(handed_out_to) + std::to_string(reached) : "";
}

}  // namespace holdfast::transport::kafka

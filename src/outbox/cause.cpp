#include "outbox/cause.hpp"

#include "ports/mutants.hpp"

namespace holdfast::outbox {
namespace {

thread_local Cause* current_cause = nullptr;

}  // namespace

Cause::Cause(std::string consumer, const EventInfo* event)
    : consumer_(std::move(consumer)), event_(event), outer_(std::exchange(current_cause, this)) {}

Cause::~Cause() { current_cause = outer_; }

Cause* Cause::current() { return current_cause; }

EventId Cause::next_id(const EventId& cause, const std::string& type) {
  const std::uint64_t ordinal = mutant("ids_of_a_run_are_one") ? 0 : ordinals_[{cause, type}]++;
  return EventId::derive(cause, consumer_, type, ordinal);
}

}  // namespace holdfast::outbox

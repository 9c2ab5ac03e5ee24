#include "outbox/cause.hpp"

namespace holdfast::outbox {
namespace {

thread_local Cause* current_cause = nullptr;

}  // namespace

Cause::Cause(std::string consumer, const EventInfo* event)
    : consumer_(std::move(consumer)), event_(event), outer_(std::exchange(current_cause, this)) {}

Cause::~Cause() { current_cause = outer_; }

Cause* Cause::current() { return current_cause; }

EventId Cause::next_id(const EventId& cause, const std::string& type) {
  return EventId::derive(cause, consumer_, type, ordinals_[{cause, type}]++);
}

}  // namespace holdfast::outbox

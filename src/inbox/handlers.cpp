#include "inbox/handlers.hpp"

#include "event/envelope.hpp"
#include "holdfast/errors.hpp"
#include "ports/mutants.hpp"

namespace holdfast::inbox {

void Handlers::add(Handler handler) {
  const std::string type = handler.type;
  if (handlers_.try_emplace(type, std::move(handler)).second) return;
  throw Invalid(type.empty() ? "any type" : type, "two handlers in one subscription: which one should run?");
}

void Handlers::add(Upcaster upcaster) {
  const std::string from = upcaster.from;
  if (newest(upcaster.to) == from) throw Invalid(from, "upcasters lead from " + upcaster.to + " back to it");
  if (!upcasters_.try_emplace(from, std::move(upcaster)).second) throw Invalid(from, "two upcasters take it");
}

const std::string& Handlers::newest(const std::string& type) const {
  const std::string* current = &type;
  for (auto up = upcasters_.find(type); up != upcasters_.end(); up = upcasters_.find(*current))
    current = &up->second.to;
  return *current;
}

std::vector<std::string> Handlers::types() const {
  std::vector<std::string> all;
  for (const auto& [type, handler] : handlers_)
    if (!type.empty()) all.push_back(type);
  for (const auto& [from, upcaster] : upcasters_) all.push_back(from);
  return all;
}

const Handler* Handlers::find(const std::string& type) const {
  auto found = handlers_.find(newest(type));
  if (found == handlers_.end() && !mutant("any_type_takes_nothing")) found = handlers_.find("");
  return found == handlers_.end() ? nullptr : &found->second;
}

Envelope Handlers::upcast(Envelope envelope) const {
  EventInfo& info = envelope.info;
  for (auto up = upcasters_.find(info.type); up != upcasters_.end(); up = upcasters_.find(info.type)) {
    envelope.payload = up->second.convert(envelope.payload);
    info.type = up->second.to;
    info.schema_version = event::version_of(info.type);
  }
  return envelope;
}

std::string Handlers::key(const std::string& type, std::string_view payload) const try {
  std::string current = type, json(payload);
  for (auto up = upcasters_.find(current); up != upcasters_.end(); up = upcasters_.find(current)) {
    if (up->second.key_of) return up->second.key_of(json);
    json = up->second.convert(json);
    current = up->second.to;
  }
  const Handler* handler = find(current);
  return handler && handler->key_of ? handler->key_of(json) : std::string();
} catch (const std::exception&) {
  return {};  // the handler's run will say what is wrong with it
}

void Handlers::check(const std::string& type, std::string_view payload) const {
  Envelope envelope;
  envelope.info.type = type;
  envelope.payload = payload;
  envelope = upcast(std::move(envelope));
  const Handler* handler = find(type);
  if (handler && handler->check) event::in_payload([&] { handler->check(envelope.payload); });
}

}  // namespace holdfast::inbox

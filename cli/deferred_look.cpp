// What is selected, and how it is shown.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/deferred.hpp"
#include "cli/text.hpp"
#include "event/utf8.hpp"
#include "holdfast/contract.hpp"

namespace holdfast::cli {
namespace {

using connect::Access;
using ports::DeferredView;

struct Shown {  // stable names
  std::string consumer = {}, id = {}, type = {}, key = {}, state = {}, reason = {}, error = {};
  std::int64_t attempts = 0, dueInMs = 0, position = 0, copy = 0;
  bool blocksKey = false;
  std::optional<Timestamp> firstFailedAt = {};
  // show only
  std::optional<std::string> body = {}, bodyBase64 = {};  // the second where the body is not UTF-8
  std::optional<Headers> headers = {};
  std::optional<std::string> origin = {};
};

const char* state_of(const DeferredView& v) {
  if (v.state == ports::State::retrying) return "retrying";
  switch (v.event.wait) {
    case ports::Deferred::Wait::retry: return "retry";
    case ports::Deferred::Wait::blocked: return "blocked";
    case ports::Deferred::Wait::dead: break;
  }
  return "dead";
}

Shown shown(const DeferredView& v, bool whole) {
  const auto& e = v.event;
  Shown out{v.consumer, e.id.to_string(), as_utf8(e.type), as_utf8(e.key), state_of(v), e.reason, as_utf8(e.error)};
  out.attempts = e.attempts, out.dueInMs = e.due_in.count(), out.position = v.position, out.copy = v.copy;
  out.blocksKey = e.blocks_key, out.firstFailedAt = e.first_failed_at;
  if (!whole) return out;
  const auto [body, in_base64] = for_json(e.body);
  out.body = body, out.bodyBase64 = in_base64;
  out.headers = e.headers, out.origin = as_utf8(e.origin);
  return out;
}

void print_json(const admin::Frozen& found, bool whole) {
  std::vector<Shown> rows;
  for (const auto& v : found) rows.push_back(shown(v, whole));
  std::printf("%s\n", Codec<std::vector<Shown>>::encode(rows).c_str());
}

void not_looked_at(const std::string& why) {
  std::fprintf(stderr, "the broker's DLQ was not looked at: %s\n", why.c_str());
}

}  // namespace

int Deferred::list() {
  const auto found = select();
  if (cli_.json()) return print_json(found, false), found.empty() ? ok : found_something;
  std::vector<std::vector<std::string>> rows;
  for (const auto& v : found)
    rows.push_back({v.consumer, v.event.id.to_string(), v.event.type, v.event.key, state_of(v),
                    std::to_string(v.event.attempts), v.event.reason, event::fit(v.event.error, 60)});
  std::fputs(table({"CONSUMER", "EVENT", "TYPE", "KEY", "STATE", "TRIES", "REASON", "ERROR"}, rows).c_str(), stdout);
  if (rows.empty()) std::puts(dead_only_ ? "no dead letters" : "nothing is set aside");
  return rows.empty() ? ok : found_something;
}

int Deferred::show() {
  const auto found = select();
  if (cli_.json()) return print_json(found, true), found.empty() ? found_something : ok;
  for (const auto& v : found) {
    const auto& e = v.event;
    std::fputs(fmt::format("{} at {}: {}\n  type {}  key {}  tries {}  copy {}{}\n  reason {}: {}\n  from {}\n",
                           e.id.to_string(), v.consumer, state_of(v), printable(e.type), printable(e.key), e.attempts,
                           v.copy, e.blocks_key ? "  (its key waits behind it)" : "", e.reason, printable(e.error),
                           printable(e.origin))
                   .c_str(),
               stdout);
    for (const auto& [name, value] : e.headers)
      std::printf("  %s: %s\n", printable(name).c_str(), printable(value).c_str());
    print_body(e.body);
  }
  if (found.empty()) std::fputs("nothing is selected\n", stderr);
  return found.empty() ? found_something : ok;
}

detail::StoreBase& Deferred::base() {
  if (!store_) store_.emplace(opened());
  return *store_->impl();
}

/// What the broker's DLQ holds is taken in even by who only looks; who may not write sees what is there.
Store Deferred::opened() {
  if (access_ == Access::act || !asks_broker()) return cli_.database(access_);
  try {
    return cli_.database(Access::act);
  } catch (const Unavailable& why) { not_looked_at_ = why.what(); }
  return cli_.database(Access::look);
}

admin::Frozen Deferred::select() {
  const auto selection = selected();
  if (dead_only_) empty_broker_dlq();
  else tell_of_retrying(selection);
  return select(selection, dead_only_);
}

ports::Selection Deferred::selected() {
  auto selection = admin::parse(flags_.selection, cli_.now(), limit_);
  const auto admin = base().admin();
  ports::Selection of_consumer;
  of_consumer.consumer = selection.consumer, of_consumer.limit = 1;
  if (admin->deferred(of_consumer, false).empty()) admin::require_consumer(selection, admin->consumers());
  return selection;
}

admin::Frozen Deferred::select(const ports::Selection& selection, bool dead_only) {
  return pick(selection, more_, [&](const auto& s) { return base().admin()->deferred(s, dead_only); });
}

/// What is there already can be seen and put right without the broker.
void Deferred::empty_broker_dlq() {
  if (!asks_broker()) return not_looked_at("--broker names it");
  const auto bus = cli_.bus();
  if (!not_looked_at_.empty()) return not_looked_at(not_looked_at_);
  try {
    tell(admin::import_dead_letters(base(), *bus.impl()).not_looked_at);
  } catch (const Unavailable& away) { not_looked_at(away.what()); }
}

int Deferred::tell(const std::vector<admin::NotLookedAt>& dlqs) {
  int code = ok;
  for (const auto& dlq : dlqs) {
    not_looked_at(dlq.why);
    code = std::max(code, dlq.missing ? found_something : refused);
  }
  return code;
}

/// Of an event that waits in a queue of the broker the database knows the consumer and the id alone: no other filter finds it.
void Deferred::tell_of_retrying(const ports::Selection& s) {
  if (s.type.empty() && s.key.empty() && s.error.empty() && s.reason.empty() && !s.since && !s.until) return;
  std::int64_t retrying = 0;
  for (const auto& c : base().admin()->waiting().consumers)
    if (s.consumer.empty() || s.consumer == c.consumer) retrying += c.retrying;
  if (retrying > 0)
    std::fprintf(stderr,
                 "%lld more are retrying in a queue of the broker: of these only consumer and id are known here, no "
                 "other filter finds them\n",
                 static_cast<long long>(retrying));
}

}  // namespace holdfast::cli

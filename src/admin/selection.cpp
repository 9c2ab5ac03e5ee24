#include "admin/selection.hpp"

#include <algorithm>
#include <charconv>

#include "event/nearest.hpp"
#include "holdfast/errors.hpp"
#include "inbox/reasons.hpp"

namespace holdfast::admin {
namespace {

/// "2h" -> two hours; nothing where it is no such span.
std::optional<std::chrono::seconds> span_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end + 1 != text.data() + text.size() || number < 0 || number > 1'000'000) return {};
  switch (*end) {
    case 's': return std::chrono::seconds(number);
    case 'm': return std::chrono::minutes(number);
    case 'h': return std::chrono::hours(number);
    case 'd': return std::chrono::hours(24 * number);
    default: return {};
  }
}

std::optional<Timestamp> time_of(const std::string& text, const std::string& flag, Timestamp now) {
  if (text.empty()) return {};
  constexpr std::chrono::hours longest(24 * 365 * 100);  // a Timestamp reaches back to 1678; no event is that old
  if (const auto span = span_of(text)) return now - std::min<std::chrono::seconds>(*span, longest);
  try {
    return from_iso8601(text);
  } catch (const Invalid&) {
    throw Invalid(flag, "'" + text + "' is no time; write it as 2025-08-22T09:30:00Z, or 2h for two hours ago");
  }
}

void require_reason(const std::string& reason) {
  const std::vector<std::string> reasons(inbox::reason::all.begin(), inbox::reason::all.end());
  if (reason.empty() || std::ranges::find(reasons, reason) != reasons.end()) return;
  throw Invalid("--reason", "'" + reason + "' is no reason; the nearest is '" + event::nearest(reason, reasons) + "'");
}

}  // namespace

void require_consumer(const ports::Selection& selection, const std::vector<std::string>& known) {
  if (selection.consumer.empty() || std::ranges::find(known, selection.consumer) != known.end()) return;
  throw Invalid("--consumer",
                "'" + selection.consumer + "' is no consumer of this database; " +
                    (known.empty() ? std::string("it has none")
                                   : "the nearest is '" + event::nearest(selection.consumer, known) + "'"));
}

ports::Selection parse(const SelectionText& text, Timestamp now, int usual_limit) {
  ports::Selection s;
  require_reason(text.reason);
  s.consumer = text.consumer, s.type = text.type, s.reason = text.reason, s.error = text.error, s.key = text.key;
  s.since = time_of(text.since, "--since", now), s.until = time_of(text.until, "--until", now);
  s.limit = text.limit.value_or(usual_limit);
  if (s.limit < 1) throw Invalid("--limit", "at least 1");
  for (const auto& id : text.ids) try {
      s.ids.push_back(EventId::parse(id));
    } catch (const Invalid&) { throw Invalid(id, "is no event id: 32 hex digits, dashed or not"); }
  return s;
}

std::string describe(const SelectionText& text) {
  std::string out;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) out += (out.empty() ? "" : " ") + std::string(name) + "=" + value;
  };
  add("consumer", text.consumer), add("type", text.type), add("reason", text.reason), add("error", text.error);
  add("key", text.key), add("since", text.since), add("until", text.until);
  for (const auto& id : text.ids) add("id", id);
  if (out.empty()) out = "all";
  if (text.limit) add("limit", std::to_string(*text.limit));
  return out;
}

}  // namespace holdfast::admin

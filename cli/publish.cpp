// holdfast publish TYPE KEY JSON: one event through the outbox of a database, for a try.
#include <algorithm>
#include <cstdio>

#include "cli/cli.hpp"
#include "cli/text.hpp"
#include "holdfast/outbox.hpp"

namespace holdfast::cli {

namespace {

/// What no one can see in a key is a mistake.
void require_key(const std::string& key) {
  if (printable(key) != key || key.find(' ') != key.npos)
    throw Invalid("key", "'" + printable(key) + "' has spaces or control characters");
}

bool are(const std::string& text, const char* characters) {
  return !text.empty() && text.find_first_not_of(characters) == text.npos;
}

/// Words and a version, as contracts are named and subscriptions are bound (order.created.*): any other would go to nobody.
bool is_type(const std::string& type) {
  std::vector<std::string> words(1);
  for (const char c : type)
    if (c == '.') words.emplace_back();
    else words.back() += c;
  const std::string version = words.back();
  words.pop_back();
  const auto is_word = [](const std::string& word) {
    return are(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
  };
  return words.size() >= 2 && std::ranges::all_of(words, is_word) && version.starts_with('v') &&
         are(version.substr(1), "0123456789") && version[1] != '0';
}

}  // namespace

void add_publish(CLI::App& app, Cli& cli) {
  struct Event {
    std::string type, key, json;
  };
  auto event = std::make_shared<Event>();
  auto* command = app.add_subcommand("publish", "one event, for a try: TYPE KEY JSON")->group("Other");
  command->add_option("type", event->type, "as order.created.v1")->required();
  command->add_option("key", event->key, "aggregate id")->required();
  command->add_option("json", event->json, "the payload")->required();
  cli.does(*command, [&cli, event] {
    if (!is_type(event->type))
      throw Invalid("type", "'" + printable(event->type) + "' is no event type; write it as order.created.v1");
    require_key(event->key);
    (void)detail::JsonValue::parse(event->json);
    Store store = cli.database(connect::Access::act);
    Outbox outbox("holdfast");
    const EventId id = store.transact([&](Transaction& tx) {
      PublishOptions options;
      options.key = event->key;
      return outbox.publish_encoded(tx, event->type, event->json, std::move(options));
    });
    std::printf(
        cli.json() ? "{\"id\":\"%s\"}\n" : "%s is in the outbox; the service's relay, or `holdfast relay`, sends it\n",
        id.to_string().c_str());
    return ok;
  });
}

}  // namespace holdfast::cli

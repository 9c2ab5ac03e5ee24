// holdfast publish TYPE KEY JSON: one event through the outbox of a database, for a try.
#include <cstdio>

#include "cli/cli.hpp"
#include "cli/text.hpp"
#include "holdfast/outbox.hpp"

namespace holdfast::cli {

namespace {

/// Types and keys are names: what no one can see in them is a mistake.
void require_name(const std::string& flag, const std::string& value) {
  if (printable(value) != value || value.find(' ') != value.npos)
    throw Invalid(flag, "'" + printable(value) + "' has spaces or control characters");
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
    require_name("type", event->type), require_name("key", event->key);
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

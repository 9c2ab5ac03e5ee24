#include "host/relay_threads.hpp"

#include "outbox/store_commands.hpp"

namespace holdfast::host {
namespace {

constexpr ports::Millis longest_step{1000};

std::vector<telemetry::Histogram> statements(telemetry::Metrics& metrics) {
  std::vector<telemetry::Histogram> out;
  for (const char* name : {"read", "read_keys", "mark", "note_failure", "renew", "release"})
    out.push_back(metrics.histogram("holdfast_relay_statement_duration_seconds", "the relay's statements on its outbox",
                                    {{"statement", name}}));
  return out;
}
static_assert(std::variant_size_v<outbox::StoreCommand> == 6);

}  // namespace

RelayThreads::RelayThreads(const Surroundings& surroundings, outbox::RelayOptions options)
    : here_(surroundings),
      store_(here_.store.outbox()),
      statements_(statements(here_.metrics)),
      sending_(here_, std::move(options), [this](outbox::StoreCommand command) {
        io_.run([this, command = std::move(command)] { run(command); });
      }) {
  thread_ = std::jthread([this] {
    while (sending_.step(here_.clock.steady() + longest_step)) {}
  });
}

void RelayThreads::run(const outbox::StoreCommand& command) {
  if (sending_.given_up()) return;
  const auto begun = here_.clock.steady();
  auto answer = outbox::run(command, *store_);
  statements_[command.index()].observe(std::chrono::duration<double>(here_.clock.steady() - begun).count());
  const auto* mark = std::get_if<outbox::MarkPublished>(&command);
  if (mark != nullptr && std::holds_alternative<outbox::Marked>(answer)) here_.signal(Marked{mark->rows});
  sending_.answer(std::move(answer));
}

void RelayThreads::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace holdfast::host

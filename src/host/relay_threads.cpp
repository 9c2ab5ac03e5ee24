#include "host/relay_threads.hpp"

#include "outbox/store_commands.hpp"

namespace holdfast::host {
namespace {

constexpr ports::Millis longest_step{1000};

}  // namespace

RelayThreads::RelayThreads(const Surroundings& surroundings, outbox::RelayOptions options)
    : here_(surroundings),
      store_(here_.store.outbox()),
      sending_(here_, std::move(options), [this](outbox::StoreCommand command) {
        io_.run([this, command = std::move(command)] { run(command); });
      }) {
  thread_ = std::jthread([this] {
    while (sending_.step(here_.clock.steady() + longest_step)) {}
  });
}

void RelayThreads::run(const outbox::StoreCommand& command) {
  if (sending_.given_up()) return;
  auto answer = outbox::run(command, *store_);
  const auto* mark = std::get_if<outbox::MarkPublished>(&command);
  if (mark != nullptr && std::holds_alternative<outbox::Marked>(answer)) here_.signal(Marked{mark->rows});
  sending_.answer(std::move(answer));
}

void RelayThreads::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace holdfast::host

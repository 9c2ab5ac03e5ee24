// What this program does in a second life, as a consumer that dies of its events. Started by Crash::start(); "disabled" keeps it
// out of every ordinary run.
#include <unistd.h>

#include <cstdlib>
#include <latch>

#include "crash.hpp"
#include "holdfast/connect.hpp"
#include "holdfast/host.hpp"
#include "host/impl.hpp"
#include "kit.hpp"

namespace holdfast::chaos {
namespace {

[[noreturn]] void hang() {
  for (std::latch never(1);;) never.wait();
}

void die(const std::string& role) {
  if (role == "hang" || role == "deaf") hang();
  std::_Exit(crash_code);
}

/// Handles until the dead letter is there or all are handled, then ends cleanly. The deaf one is asked to end while its handler
/// hangs.
void consume(const std::string& store, const std::string& bus, const std::string& role, int events) {
  const bool on_everything = role.ends_with("everything");
  std::latch done(1);
  std::atomic<bool> over = false;
  Host host({.name = "crasher", .store = open_store(store), .transport = open_transport(bus)});
  host.store().transact([](Transaction& tx) { tx.exec("CREATE TABLE IF NOT EXISTS effects(what TEXT)"); });
  const bool deaf = role == "deaf";
  host.subscribe({.consumer = "c", .handler_deadline = std::chrono::seconds(role == "hang" ? 1 : 600)},
                 [&](Context& ctx, const Blow& blow) {
                   if (deaf) done.count_down();
                   if (on_everything || (role != "good" && blow.what == "bad")) die(role);
                   ctx.tx().exec("INSERT INTO effects(what) VALUES ($1)", blow.what);
                 });
  host.impl().observe([&](const host::Signal& signal) {
    if (!std::holds_alternative<host::RunSettled>(signal)) return;
    const std::string inbox = host.store().dialect() == Dialect::postgres ? "holdfast.inbox" : "holdfast_inbox";
    const auto settled = host.store().transact([&](Transaction& tx) {
      return tx.query<int>("SELECT count(*) FROM " + inbox + " WHERE state IN ('handled', 'dead')").one();
    });
    if (settled == events && !over.exchange(true)) done.count_down();
  });
  host.start();
  done.wait();
  host.stop(std::chrono::seconds(deaf ? 1 : 30));
}

TEST(ChaosChild, DISABLED_PlaysItsRole) {
  const char *role = std::getenv("CHAOS_ROLE"), *events = std::getenv("CHAOS_EVENTS"),
             *store = std::getenv("CHAOS_STORE"), *bus = std::getenv("CHAOS_BUS");
  if (!role || !events || !store || !bus) GTEST_SKIP() << "this is no test: other tests start it as a second process";
  consume(store, bus, role, std::stoi(events));
  _exit(testing::Test::HasFailure() ? 1 : 0);
}

}  // namespace
}  // namespace holdfast::chaos

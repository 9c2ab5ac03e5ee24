// The operator's page against a RabbitMQ that takes nothing: its commands say why, and what fills it.
#include "rabbitmq/fixture.hpp"
#include "runbook/page.hpp"

namespace holdfast::rabbit_test {
namespace {

TEST(RabbitRunbook, SaysWhichAlarmThereIsAndWhichQueueIsFull) {
  Client other(server().url());  // of the vhost that the commands look at
  other.declare("late.q", {});
  other.publish("late.q", {}, "1"), other.publish("late.q", {}, "2");
  const MemoryAlarm alarm;
  std::string said;
  for (const auto& command : runbook::code_of({"rabbitmqctl", "rabbitmq-diagnostics"})) {
    auto words = runbook::words_of(command);
    const auto program = words.front();
    words.erase(words.begin());
    said += server().run(program, words);
  }
  EXPECT_TRUE(program_test::has(said, "late.q\t2\n")) << said;
  EXPECT_TRUE(program_test::has(said, "Memory alarm on node")) << said;
  other.remove_queue("late.q");
}

}  // namespace
}  // namespace holdfast::rabbit_test

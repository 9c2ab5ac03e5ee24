// What another process does at the bus. Started by Child; "disabled" keeps it out of every ordinary run.
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "bus_folder.hpp"

namespace holdfast::bus_test {
namespace {

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stderr);
  std::fflush(stderr);
}

void wait_for_the_end() {
  while (std::getchar() != EOF) {}
}

/// Takes so many events, names them and then does nothing any more.
void hold(const std::string& file, const std::string& queue, std::size_t count) {
  const auto bus = open(file);
  const auto receiver = receive(*bus, queue);
  for (const auto& delivery : take(*receiver, count)) say(delivery.body);
  wait_for_the_end();
}

/// Takes events one at a time and acks so many, naming each once that is written. Then it keeps the one that follows.
void consume(const std::string& file, const std::string& queue, int count) {
  const auto bus = open(file);
  const auto receiver = receive(*bus, queue, 1);
  poll(*receiver);
  say("ready");
  auto held = take(*receiver, 1);
  for (int i = 0; i < count; ++i) {
    receiver->ack(std::vector<ports::Position>{{held[0].session, held[0].tag}});
    const auto done = std::exchange(held, take(*receiver, 1))[0];
    say(done.body + (done.redelivered ? " again" : ""));
  }
  wait_for_the_end();
}

/// Publishes 1, 2, 3, ... in batches of 10 and names the last of each once it is confirmed.
void publish_for_ever(const std::string& file, int from) {
  const auto bus = open(file);
  for (int first = from;; first += 10) {
    for (const auto& result : publish(*bus, numbers(first, first + 9)))
      if (result.outcome != ports::Outcome::confirmed) return say(result.error);
    say(std::to_string(first + 9));
  }
}

/// Keeps the place of the one writer.
void lock(const std::string& file) {
  sqlite3* db = nullptr;
  sqlite3_open(file.c_str(), &db);
  sqlite3_busy_timeout(db, 10'000);
  say(sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK ? "locked" : sqlite3_errmsg(db));
  wait_for_the_end();
}

TEST(SqliteBusChild, DISABLED_plays_its_role) {
  const char* given = std::getenv("HOLDFAST_BUS_ROLE");
  if (!given) GTEST_SKIP() << "this is no test: other tests start it as a second process";
  std::istringstream role(given);
  std::string name, file, argument, number;
  std::getline(role, name), std::getline(role, file), std::getline(role, argument), std::getline(role, number);
  if (name == "hold") hold(file, argument, std::stoul(number));
  else if (name == "consume") consume(file, argument, std::stoi(number));
  else if (name == "publish") publish_for_ever(file, std::stoi(argument));
  else if (name == "lock") lock(file);
  _exit(0);
}

}  // namespace
}  // namespace holdfast::bus_test

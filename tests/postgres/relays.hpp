// `holdfast relay` between a PostgreSQL outbox and a broker, and events by SQL.
#pragma once
#include <csignal>

#include "holdfast/contract.hpp"
#include "integration/service/programs.hpp"
#include "postgres_server/databases.hpp"

namespace holdfast::pg_test {

using namespace std::chrono_literals;
using Json = detail::JsonValue;
using program_test::contents;
using program_test::eventually;
using program_test::has;
using program_test::Words;
using Numbers = std::vector<std::int64_t>;

/// Fixture. Its broker is set by who derives from it.
class Relays : public program_test::Programs {
 protected:
  demo::Process relay(const std::string& log = "relay.log", const Words& more = {}) const {
    Words words{"--database", database.url(), "--broker", broker};
    words.insert(words.end(), more.begin(), more.end());
    words.push_back("relay");
    demo::Process process({HOLDFAST_BIN_DIR "/holdfast", words, {}, file(log)});
    EXPECT_EQ(process.read_line(60s), R"({"ready":true,"name":"holdfast-relay"})") << contents(file(log));
    return process;
  }
  /// As a program in another language does it. `more`: the other arguments of holdfast.publish.
  void publish(const std::string& type, const std::string& key, std::int64_t n, const std::string& more = "") const {
    database.sql("SELECT holdfast.publish('" + type + "', '" + key + "', '{\"n\":" + std::to_string(n) + "}'" + more +
                 ")");
  }
  /// The numbers from..to-1 of each of so many keys, in one transaction.
  void publish_all(int keys, int from, int to) const {
    database.sql("SELECT holdfast.publish('test.step.v1', k::text, json_build_object('n', n)) FROM generate_series(" +
                 std::to_string(from) + ", " + std::to_string(to - 1) + ") n, generate_series(1, " +
                 std::to_string(keys) + ") k");
  }
  std::int64_t number(const std::string& sql) const { return std::stoll(database.sql(sql)); }
  std::int64_t pending() const { return number("SELECT count(*) FROM holdfast.outbox"); }
  std::int64_t attempts() const { return number("SELECT coalesce(sum(Attempts), 0) FROM holdfast.outbox_messages"); }
  std::vector<Json> outbox(const Words& words) const { return Json::parse(command(words).out).elements(); }
  program_test::Ran command(Words words) const {
    words.insert(words.begin(), {"--database", database.url(), "--json", "outbox"});
    return holdfast(words);
  }
  /// The event of this key that the broker does not take: its id, as soon as it is marked.
  std::string refused(const std::string& key) const {
    std::string id;
    EXPECT_TRUE(eventually([&] {
      for (const auto& row : outbox({"list", "--key", key}))
        if (row.at("refused").boolean()) id = row.at("id").string();
      return !id.empty();
    })) << contents(file("relay.log"));
    return id;
  }
  /// Of the process that has the lease.
  pid_t owner() const {
    return static_cast<pid_t>(number("SELECT coalesce(max(split_part(owner, '/', 2)), '0') FROM holdfast.relay_lease"));
  }
  static Numbers up_to(std::int64_t end) {
    Numbers out;
    for (std::int64_t n = 0; n < end; ++n) out.push_back(n);
    return out;
  }
  /// Within two minutes: whoever was killed had the lease.
  bool sent_all() const {
    bool all = false;
    for (int tries = 0; tries < 4 && !all; ++tries) all = eventually([this] { return pending() == 0; });
    return all;
  }

  std::string broker;
  const Database database;
};

}  // namespace holdfast::pg_test

// The programs as their users meet them: started, spoken to over HTTP, ended. Each test has a folder of its own.
#pragma once
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include "contracts/order_created.hpp"
#include "demo/process.hpp"
#include "holdfast/connect.hpp"
#include "http/client.hpp"
#include "ports/inbox_store.hpp"

namespace holdfast::program_test {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

struct Ran {
  int code = 0;
  std::string out, err;
};

struct Service {
  demo::Process process;
  std::string ready;  // the line
  std::string url;
  http::Client http;

  int stop();  // SIGTERM: its exit code
  void kill();
};

class Programs : public ::testing::Test {
 public:
  ~Programs() override;

 protected:
  Programs();

  std::string file(const std::string& name) const { return (folder / name).string(); }
  std::string url(const std::string& name) const { return "sqlite:" + file(name); }
  std::string write(const std::string& name, const std::string& text) const;  // its path

  /// To its end. stdin is empty, stderr goes to a file.
  Ran run(const std::string& program, const Words& arguments, const Variables& environment = {}) const;
  Ran holdfast(const Words& arguments, const Variables& environment = {}) const {
    return run("holdfast", arguments, environment);
  }
  /// holdfast --database sqlite:NAME.db ...
  Ran on(const std::string& name, Words arguments) const;

  /// "order": order-service on order.db and bus.db, on any port; returns when it is ready.
  Service start(const std::string& name, const Words& more = {}) const { return start(command(name, more)); }
  static Service start(const demo::Command& command);
  /// more: flags, each a word and its value; one that is there already is replaced.
  demo::Command command(const std::string& name, const Words& more = {}) const;
  /// Started and stopped once: its tables are there, and its consumers are known.
  void prepare(const std::string& name) const;
  void declare_queues() const;

  std::filesystem::path folder;
};

/// The lines that are left, to the end of the program.
std::string rest_of(demo::Process& process, std::chrono::milliseconds limit = 240s);
std::string contents(const std::string& file);
bool has(const std::string& text, const std::string& part);
/// Asks again until it holds; false: not within 30 s.
bool eventually(const std::function<bool()>& condition);

std::string one_order(const std::string& amount = "10.00", std::int64_t product = 101, std::int64_t qty = 1);
/// What GET /orders/ID or /stock/ID says in this member, as written.
std::string member(http::Client& client, const std::string& target, const std::string& name);
std::int64_t on_hand(http::Client& inventory, std::int64_t product);

/// An order.created.v1 that a consumer set aside earlier, straight into its database: as if its handler had failed then.
EventId set_aside(const std::string& database, const std::string& consumer, const shop::OrderCreated& order,
                  ports::Deferred::Wait wait = ports::Deferred::Wait::dead, bool blocks_key = false);
std::string envelope_of(const EventId& id, const std::string& type, const std::string& payload);
/// 0 = none: what the inbox says of it, "handled", "dead", ...
std::string fate_of(const std::string& database, const std::string& consumer, const EventId& id);
/// Copies of one event through the bus, to whoever follows its type, or to one queue.
void send(const std::string& bus, const EventId& id, const std::string& type, const std::string& body,
          const std::string& queue = "");

}  // namespace holdfast::program_test

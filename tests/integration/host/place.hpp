// A folder of a test's own with databases and a bus in it, hosts on them, and the events that they exchange.
#pragma once
#include <gtest/gtest.h>
#include <holdfast/connect.hpp>
#include <holdfast/host.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "ears.hpp"

struct sqlite3;

namespace holdfast::host_test {

struct Placed {
  static constexpr std::string_view type = "test.placed.v2";
  std::int64_t orderId = 0;
  std::string text;
  std::string key() const { return std::to_string(orderId); }
};
struct PlacedV1 {
  static constexpr std::string_view type = "test.placed.v1";
  std::int64_t order = 0;
  std::string key() const { return std::to_string(order); }
};
struct Reserved {
  static constexpr std::string_view type = "test.reserved.v1";
  static constexpr bool unrouted_ok = true;
  std::int64_t orderId = 0;
  std::string key() const { return std::to_string(orderId); }
};

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string url(const std::string& name) const { return "sqlite:" + file(name); }

 private:
  std::string path_;
};

/// What handlers saw, in their order, from any thread.
class Seen {
 public:
  void add(std::string what);
  std::vector<std::string> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> all_;
};

/// A connection that is not Holdfast's.
class Db {
 public:
  explicit Db(const std::string& file);
  ~Db();
  Db(const Db&) = delete;
  void exec(const std::string& sql);
  std::string one(const std::string& sql);  // "": no row
  sqlite3* get() { return db_; }

 private:
  sqlite3* db_ = nullptr;
};

/// Fixture: one host "test" on test.db and bus.db, a table `effects` for its handlers.
struct Place : testing::Test {
  Place();
  HostOptions options(const std::string& name, const std::string& database);
  static Subscription taking(const std::string& consumer) {
    return {.consumer = consumer, .retry = {.delays = {std::chrono::milliseconds(1)}}};
  }
  EventId publish(const Placed& event, PublishOptions with = {});
  template <Contract E>
  EventId publish_any(const E& event, PublishOptions with = {}) {
    return host.store().transact([&](Transaction& tx) { return host.outbox().publish(tx, event, with); });
  }
  static void effect(Context& ctx, const std::string& what) {
    ctx.tx().exec("INSERT INTO effects(what) VALUES ($1)", what);
  }
  std::vector<std::string> effects();
  std::string state(const std::string& consumer, const EventId& id);  // of its inbox row
  std::vector<std::string> log();

  Folder folder;
  Seen log_, seen, dead;
  Ears ears;
  Host host;
};

}  // namespace holdfast::host_test

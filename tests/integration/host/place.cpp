#include "place.hpp"

#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <holdfast/sqlite.hpp>
#include <utility>

#include "transport/sqlite_bus/bus.hpp"

namespace holdfast::host_test {

Folder::Folder() {
  auto name = (std::filesystem::temp_directory_path() / "holdfast-host-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Seen::add(std::string what) {
  const std::lock_guard lock(mutex_);
  all_.push_back(std::move(what));
}

std::vector<std::string> Seen::all() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

Db::Db(const std::string& file) {
  EXPECT_EQ(sqlite3_open(file.c_str(), &db_), SQLITE_OK);
  sqlite3_busy_timeout(db_, 20'000);
}

Db::~Db() { sqlite3_close(db_); }

void Db::exec(const std::string& sql) {
  char* why = nullptr;
  sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &why);
  if (why) ADD_FAILURE() << sql << ": " << why;
  sqlite3_free(why);
}

std::string Db::one(const std::string& sql) {
  std::string out;
  const auto take = [](void* to, int, char** values, char**) {
    *static_cast<std::string*>(to) = values[0] ? values[0] : "";
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), take, &out, nullptr), SQLITE_OK) << sql << ": " << sqlite3_errmsg(db_);
  return out;
}

Place::Place() : host(options("test", "test.db")) {
  ears.listen(host);
  host.store().transact([](Transaction& tx) { tx.exec("CREATE TABLE effects(what TEXT)"); });
}

HostOptions Place::options(const std::string& name, const std::string& database) {
  // short waits: some tests lock these files
  HostOptions o{.name = name,
                .store = sqlite::open({.file = folder.file(database), .acquire_timeout = std::chrono::seconds(1)}),
                .transport = transport::open_sqlite_bus(folder.file("bus.db"), ports::system_clock(),
                                                        {.busy_timeout = ports::Millis(500)})};
  o.log = [this](const LogLine& line) {
    std::string text(line.text);
    for (const auto& [field, value] : line.fields) text += " " + std::string(field) + "=" + value;
    log_.add(std::move(text));
  };
  o.on_dead_letter = [this](const DeadLetter& letter) {
    dead.add(letter.consumer + " " + letter.reason + ": " + letter.error);
  };
  return o;
}

EventId Place::publish(const Placed& event, PublishOptions with) { return publish_any(event, std::move(with)); }

std::vector<std::string> Place::effects() {
  return host.store().transact([](Transaction& tx) {
    std::vector<std::string> out;
    for (const auto& what : tx.query<std::string>("SELECT what FROM effects ORDER BY rowid")) out.push_back(what);
    return out;
  });
}

std::string Place::state(const std::string& consumer, const EventId& id) {
  return Db(folder.file("test.db"))
      .one("SELECT state FROM holdfast_inbox WHERE consumer = '" + consumer + "' AND event_id = '" + id.to_string() +
           "'");
}

std::vector<std::string> Place::log() { return log_.all(); }

}  // namespace holdfast::host_test

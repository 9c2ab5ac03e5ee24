#include <sqlite3.h>

#include <filesystem>

#include "suite.hpp"
#include "transport/sqlite_bus/bus.hpp"

namespace holdfast::conformance {
namespace {

class FileBench : public TransportBench {
 public:
  FileBench() {
    std::string name = (std::filesystem::temp_directory_path() / "holdfast-bus-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    bus_ = transport::open_sqlite_bus(file(), ports::system_clock()).impl();
  }
  ~FileBench() override { std::filesystem::remove_all(folder_); }

  detail::TransportBase& transport() override { return *bus_; }
  const ports::Clock& clock() override { return ports::system_clock(); }
  void pass(ports::Millis) override {}
  void remove_binding(const std::string& queue, const std::string& pattern) override {
    sqlite3* db = nullptr;
    sqlite3_open(file().c_str(), &db);
    const std::string sql = "DELETE FROM bindings WHERE pattern = '" + pattern +
                            "' AND queue = (SELECT id FROM queues WHERE name = '" + queue + "')";
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_changes(db), 1);
    sqlite3_close(db);
  }

 private:
  std::string file() const { return (folder_ / "bus.db").string(); }

  std::filesystem::path folder_;
  std::shared_ptr<detail::TransportBase> bus_;
};

INSTANTIATE_TEST_SUITE_P(SqliteBus, TransportConformance,
                         testing::Values(TransportCase{"file", [] { return std::make_unique<FileBench>(); }}),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace holdfast::conformance

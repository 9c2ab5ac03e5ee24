// The operator's page against a PostgreSQL that runs: each statement in docs/operations.md is one that it takes.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "postgres_server/databases.hpp"

namespace holdfast::pg_test {
namespace {

TEST(PostgresRunbook, EachOfItsStatementsIsTaken) {
  const Database database;
  std::stringstream page;
  page << std::ifstream(HOLDFAST_SOURCE_DIR "/docs/operations.md").rdbuf();
  const auto text = page.str();
  const std::regex statement("SELECT [^`\n]+");
  int taken = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), statement), end; at != end; ++at, ++taken) {
    const auto of_nobody = std::regex_replace(at->str(), std::regex("\\(PID\\)"), "(0)");
    EXPECT_NO_THROW(database.sql(of_nobody)) << of_nobody;
  }
  EXPECT_GE(taken, 4);
}

}  // namespace
}  // namespace holdfast::pg_test

#include "store/postgres/grants.hpp"

#include <fmt/format.h>

namespace holdfast::store {
namespace {

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::string postgres_grants(const std::string& owner, const std::string& application) {
  return fmt::format(
      R"sql(-- As a superuser, in the service's database; before the first `holdfast migrate` or after it, and again if you like.
-- {0} owns the tables and runs `holdfast migrate`; {1} works with them.
CREATE SCHEMA IF NOT EXISTS holdfast AUTHORIZATION {0};
REVOKE ALL ON SCHEMA holdfast FROM PUBLIC;
GRANT USAGE ON SCHEMA holdfast TO {1};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA holdfast TO {1};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA holdfast TO {1};
ALTER DEFAULT PRIVILEGES FOR ROLE {0} IN SCHEMA holdfast GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {1};
ALTER DEFAULT PRIVILEGES FOR ROLE {0} IN SCHEMA holdfast GRANT EXECUTE ON FUNCTIONS TO {1};
)sql",
      quoted(owner), quoted(application));
}

}  // namespace holdfast::store

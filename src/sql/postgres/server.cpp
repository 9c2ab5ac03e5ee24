#include "sql/postgres/server.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::postgres {
namespace {

constexpr const char* begin_writing = "BEGIN";  // of what kind, the session says: the server has less to do
constexpr const char* begin_writing_anywhere = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
constexpr const char* begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
constexpr int lazy_connections = 2;  // the relay's, and the upkeep's
constexpr std::chrono::minutes longest_handler(5);
constexpr std::chrono::minutes grace(1);
constexpr std::chrono::seconds longest_commit(1);  // after the locks that its last statement waits for

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

bool is_of_the_session(const std::string& variable) {
  return variable.starts_with("tcp_") || variable.starts_with("default_transaction_");
}

}  // namespace

Server::Server(Settings settings)
    : settings_(std::move(settings)),
      name_(name_of(settings_.url)),
      session_(session_variables(settings_)),
      lazy_session_(with(session_, "synchronous_commit", "off")),
      all_(pool(settings_.connections, session_)),
      lazy_(pool(lazy_connections, lazy_session_)) {
  expect_handlers_of(longest_handler);
}

void Server::expect_handlers_of(std::chrono::milliseconds deadline) {
  handler_idle_ = std::chrono::milliseconds(deadline + grace).count();
}

std::shared_ptr<Connections> Server::pool(int size, Variables variables) const {
  Connections::Options options;
  options.size = size;
  options.timeout = settings_.acquire_timeout;
  options.exhausted = name_ + ": all connections are taken";
  return std::make_shared<Connections>(std::move(options),
                                       [settings = settings_, name = name_, variables = std::move(variables)] {
                                         return std::make_unique<Connection>(settings, name, variables);
                                       });
}

/// What a session is set to goes into each transaction where sessions are shared: "SET LOCAL ...".
std::vector<std::string> Server::with_settings(const char* begin, const std::vector<Variables>& all) const {
  std::vector<std::string> out{begin};
  for (const auto& variables : all)
    for (const auto& [name, value] : variables)
      if (!is_of_the_session(name)) out.push_back(fmt::format("SET LOCAL {} = '{}'", name, value));
  return out;
}

const char* Server::begin_writing_here() const { return settings_.pooler ? begin_writing_anywhere : begin_writing; }

std::unique_ptr<detail::TransactionState> Server::open(const std::shared_ptr<Connections>& from, const Begin& begin) {
  const auto fresh = [settings = settings_, name = name_, variables = session_] {
    return std::make_unique<Connection>(settings, name, variables);
  };
  const auto patience = std::max(2 * settings_.acquire_timeout, settings_.lock_timeout + longest_commit);
  return std::make_unique<OpenTransaction>(from, begin, fresh, patience, name_);
}

std::unique_ptr<detail::TransactionState> Server::begin(sql::Durability durability) {
  const bool lazy = durability == sql::Durability::lazy;
  std::vector<Variables> here;
  if (settings_.pooler) here.push_back(lazy ? lazy_session_ : session_);
  return open(lazy ? lazy_ : all_, {with_settings(begin_writing_here(), here)});
}

std::unique_ptr<detail::TransactionState> Server::begin_read() {
  std::vector<Variables> here;
  if (settings_.pooler) here.push_back(session_);
  return open(all_, {with_settings(begin_reading, here), true});
}

std::unique_ptr<detail::TransactionState> Server::begin_for_handler() {
  std::vector<Variables> here{{{"idle_in_transaction_session_timeout", fmt::format("{}", handler_idle_.load())}}};
  if (settings_.pooler) here.insert(here.begin(), session_);
  return open(all_, {with_settings(begin_writing_here(), here)});
}

TransactionRef::Answer Server::run(sql::Durability durability, std::string_view sql,
                                   std::span<const detail::SqlValue> params) {
  if (settings_.pooler) return Database::run(durability, sql, params);  // where else would its settings go?
  const auto connection = take_alive(durability == sql::Durability::lazy ? *lazy_ : *all_);
  return connection->execute(sql, params);
}

}  // namespace holdfast::postgres

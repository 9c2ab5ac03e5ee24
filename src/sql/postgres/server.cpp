#include "sql/postgres/server.hpp"

#include <fmt/format.h>

namespace holdfast::postgres {
namespace {

constexpr const char* begin_writing = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
constexpr const char* begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
constexpr int lazy_connections = 2;  // the relay's, and the upkeep's
constexpr std::chrono::minutes longest_handler(5);
constexpr std::chrono::minutes grace(1);

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

bool is_of_the_wire(const std::string& variable) { return variable.starts_with("tcp_"); }

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

/// What a session is set to goes into each transaction where sessions are shared: "; SET LOCAL ...".
std::string Server::settings_here(const Variables& more) const {
  std::string out;
  for (const auto& [name, value] : more)
    if (!is_of_the_wire(name)) out += fmt::format("; SET LOCAL {} = '{}'", name, value);
  return out;
}

std::unique_ptr<detail::TransactionState> Server::open(const std::shared_ptr<Connections>& from, Begin begin) {
  const auto fresh = [settings = settings_, name = name_, variables = session_] {
    return std::make_unique<Connection>(settings, name, variables);
  };
  return std::make_unique<OpenTransaction>(from, begin, fresh, 2 * settings_.acquire_timeout, name_);
}

std::unique_ptr<detail::TransactionState> Server::begin(sql::Durability durability) {
  const bool lazy = durability == sql::Durability::lazy;
  std::string sql = begin_writing;
  if (settings_.pooler) sql += settings_here(lazy ? lazy_session_ : session_);
  return open(lazy ? lazy_ : all_, {sql});
}

std::unique_ptr<detail::TransactionState> Server::begin_read() {
  return open(all_, {begin_reading + (settings_.pooler ? settings_here(session_) : ""), true});
}

std::unique_ptr<detail::TransactionState> Server::begin_for_handler() {
  const Variables patient{{"idle_in_transaction_session_timeout", fmt::format("{}", handler_idle_.load())}};
  return open(all_, {begin_writing + (settings_.pooler ? settings_here(session_) : "") + settings_here(patient)});
}

TransactionRef::Answer Server::run(sql::Durability durability, std::string_view sql,
                                   std::span<const detail::SqlValue> params) {
  if (settings_.pooler) return Database::run(durability, sql, params);  // where else would its settings go?
  const auto connection = take_alive(durability == sql::Durability::lazy ? *lazy_ : *all_);
  return connection->execute(sql, params);
}

}  // namespace holdfast::postgres

// What an owner of the database runs so that one role has the tables and another works with them.
#pragma once
#include <string>

namespace holdfast::store {

/// SQL for psql: the owner's role runs `holdfast migrate`; the application's runs services, the relay and the command, and
/// publishes by SQL. Neither needs more. May be run before the first migration or after it, and again.
std::string postgres_grants(const std::string& owner, const std::string& application);

}  // namespace holdfast::store

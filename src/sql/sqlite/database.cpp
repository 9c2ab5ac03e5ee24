#include "sql/sqlite/database.hpp"

#include <algorithm>

namespace holdfast::sqlite {

File::File(Settings settings)
    : settings_(std::move(settings)),
      writers_(pool(1, "another transaction of this program kept the database for too long")),
      readers_(settings_.file == ":memory:"
                   ? writers_
                   : pool(std::max(1, settings_.connections - 1), "all connections that read are taken")) {}

std::shared_ptr<Connections> File::pool(int size, const char* exhausted) const {
  Connections::Options options;
  options.size = size;
  options.timeout = settings_.acquire_timeout;
  options.exhausted = settings_.file + ": " + exhausted;
  options.on_wait = settings_.on_wait;
  return std::make_shared<Connections>(
      std::move(options), [file = settings_.file, timeout = settings_.busy_timeout, read_only = settings_.read_only] {
        return read_only ? Connection::to_read(file, timeout) : std::make_unique<Connection>(file, timeout);
      });
}

std::unique_ptr<detail::TransactionState> File::begin(sql::Durability durability) {
  return std::make_unique<OpenTransaction>(writers_, "BEGIN IMMEDIATE", durability == sql::Durability::full, writes_);
}

std::unique_ptr<detail::TransactionState> File::begin_read() {
  return std::make_unique<OpenTransaction>(readers_, "BEGIN", true);
}

}  // namespace holdfast::sqlite

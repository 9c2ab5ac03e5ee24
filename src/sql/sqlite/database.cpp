#include "sql/sqlite/database.hpp"

#include <algorithm>

namespace holdfast::sqlite {

File::File(Settings settings)
    : settings_(std::move(settings)),
      writers_(pool(1, "another transaction of this program kept the database for too long")),
      readers_(settings_.file == ":memory:"
                   ? writers_
                   : pool(std::max(1, settings_.connections - 1), "all connections that read are taken",
                          settings_.read_only_will_do)) {}

std::shared_ptr<Connections> File::pool(int size, const char* exhausted, bool read_only_will_do) const {
  Connections::Options options;
  options.size = size;
  options.timeout = settings_.acquire_timeout;
  options.exhausted = settings_.file + ": " + exhausted;
  options.on_wait = settings_.on_wait;
  return std::make_shared<Connections>(std::move(options),
                                       [file = settings_.file, timeout = settings_.busy_timeout, read_only_will_do] {
                                         try {
                                           return std::make_unique<Connection>(file, timeout);
                                         } catch (const Unavailable&) {
                                           if (!read_only_will_do) throw;
                                           return Connection::to_read(file, timeout);
                                         }
                                       });
}

std::unique_ptr<detail::TransactionState> File::begin(sql::Durability durability) {
  return std::make_unique<OpenTransaction>(writers_, "BEGIN IMMEDIATE", durability == sql::Durability::full, writes_);
}

std::unique_ptr<detail::TransactionState> File::begin_read() {
  return std::make_unique<OpenTransaction>(readers_, "BEGIN", true);
}

}  // namespace holdfast::sqlite

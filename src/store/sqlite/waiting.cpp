#include "store/sqlite/waiting.hpp"

#include "store/sqlite/admin.hpp"
#include "store/waiting.hpp"

namespace holdfast::store {

using namespace ports;

Waiting SqliteAdmin::waiting() {
  Transaction tx = access_.begin_read();
  return store::waiting(tx, outbox_waiting_sql, consumers_waiting_sql);
}

}  // namespace holdfast::store

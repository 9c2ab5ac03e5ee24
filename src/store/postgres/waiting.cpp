// What waits, for the gauges: counted by the index of each state, which has nothing else in it.
#include "store/waiting.hpp"
#include "store/postgres/admin.hpp"

namespace holdfast::store {

using namespace ports;

namespace {

constexpr const char* outbox_sql = "SELECT count(*), " HOLDFAST_MICROS("min(occurred_at)") " FROM holdfast.outbox";
constexpr const char* consumers_sql =
    "SELECT consumer,"
    " (SELECT count(*) FROM holdfast.inbox AS i WHERE i.consumer = c.consumer AND i.state = 'retrying'),"
    " (SELECT count(*) FROM holdfast.deferred AS d WHERE d.consumer = c.consumer AND d.state = 'retry'),"
    " (SELECT count(*) FROM holdfast.deferred AS d WHERE d.consumer = c.consumer AND d.state = 'blocked'),"
    " (SELECT count(*) FROM holdfast.deferred AS d WHERE d.consumer = c.consumer AND d.state = 'dead')"
    " FROM (SELECT DISTINCT consumer FROM holdfast.consumers) AS c ORDER BY consumer";

}  // namespace

Waiting PostgresAdmin::waiting() {
  Transaction tx = access_.begin_read();
  return store::waiting(tx, outbox_sql, consumers_sql);
}

}  // namespace holdfast::store

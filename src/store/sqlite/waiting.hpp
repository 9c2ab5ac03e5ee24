// What waits, for the gauges, as SQL: each state is counted by its own index, which has nothing else in it. SQLite has to be told
// for the inbox: unless ANALYZE was run it takes the index of everything.
#pragma once

namespace holdfast::store {

inline constexpr const char* outbox_waiting_sql = "SELECT count(*), min(occurred_at) FROM holdfast_outbox";
inline constexpr const char* consumers_waiting_sql =
    "SELECT consumer,"
    " (SELECT count(*) FROM holdfast_inbox AS i INDEXED BY holdfast_inbox_retrying WHERE i.consumer = c.consumer AND "
    "i.state = 'retrying'),"
    " (SELECT count(*) FROM holdfast_deferred AS d WHERE d.consumer = c.consumer AND d.state = 'retry'),"
    " (SELECT count(*) FROM holdfast_deferred AS d WHERE d.consumer = c.consumer AND d.state = 'blocked'),"
    " (SELECT count(*) FROM holdfast_deferred AS d WHERE d.consumer = c.consumer AND d.state = 'dead')"
    " FROM (SELECT DISTINCT consumer FROM holdfast_consumers) AS c ORDER BY consumer";

}  // namespace holdfast::store

// What waits, for the gauges, as SQL: each state is counted by its own index, which has nothing else in it. SQLite has to be told
// for the inbox: unless ANALYZE was run it takes the index of everything.
#pragma once
#include "store/waiting.hpp"

namespace holdfast::store {

// Windows of $4 numbers, $3 of them spread over the $2 after $1.
#define HOLDFAST_WINDOWS "WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < $3 - 1) "
#define HOLDFAST_IN_WINDOW(number) number " > $1 + n * $2 / $3 AND " number " <= $1 + n * $2 / $3 + $4"

inline constexpr WaitingSql sqlite_waiting_sql{
    .outbox_first =
        "SELECT count(*), coalesce(sum(refused), 0), min(occurred_at), max(seq), (SELECT max(seq) FROM holdfast_outbox)"
        " FROM (SELECT seq, occurred_at, refused FROM holdfast_outbox ORDER BY seq LIMIT $1)",
    .outbox_windows = HOLDFAST_WINDOWS
    "SELECT sum((SELECT count(*) FROM holdfast_outbox WHERE " HOLDFAST_IN_WINDOW("seq") ")) FROM i",
    .consumers =
        "SELECT consumer,"
        " (SELECT count(*) FROM (SELECT 1 FROM holdfast_inbox AS i INDEXED BY holdfast_inbox_retrying"
        "   WHERE i.consumer = c.consumer AND i.state = 'retrying' LIMIT $1)),"
        " (SELECT count(*) FROM (SELECT 1 FROM holdfast_deferred AS d INDEXED BY holdfast_deferred_retry"
        "   WHERE d.consumer = c.consumer AND d.state = 'retry' LIMIT $1)),"
        " (SELECT count(*) FROM (SELECT 1 FROM holdfast_deferred AS d INDEXED BY holdfast_deferred_blocked"
        "   WHERE d.consumer = c.consumer AND d.state = 'blocked' LIMIT $1)),"
        " (SELECT count(*) FROM (SELECT 1 FROM holdfast_deferred AS d INDEXED BY holdfast_deferred_dead"
        "   WHERE d.consumer = c.consumer AND d.state = 'dead' LIMIT $1))"
        " FROM (SELECT DISTINCT consumer FROM holdfast_consumers) AS c ORDER BY consumer",
    .blocked_keys =  // from key to key by the index: what waits behind a head is not read
    "WITH RECURSIVE heads(key, n) AS ("
    " SELECT (SELECT min(key) FROM holdfast_deferred INDEXED BY holdfast_deferred_head WHERE consumer = $1 AND "
    "blocks_key = 1), 1"
    " UNION ALL SELECT (SELECT min(d.key) FROM holdfast_deferred AS d INDEXED BY holdfast_deferred_head"
    "   WHERE d.consumer = $1 AND d.blocks_key = 1 AND d.key > heads.key), n + 1 FROM heads WHERE key IS NOT NULL AND "
    "n < $2)"
    " SELECT count(key), min((SELECT first_failed_at FROM holdfast_deferred AS d INDEXED BY holdfast_deferred_head"
    "   WHERE d.consumer = $1 AND d.blocks_key = 1 AND d.key = heads.key ORDER BY d.position LIMIT 1)) FROM heads",
    .deferred_first =
        "SELECT consumer, state, count(*), max(position)"
        " FROM (SELECT consumer, state, position FROM holdfast_deferred ORDER BY position LIMIT $1) GROUP BY consumer, "
        "state",
    .deferred_last = "SELECT max(position) FROM holdfast_deferred",
    .deferred_windows = HOLDFAST_WINDOWS
    "SELECT consumer, state, count(*) FROM i CROSS JOIN holdfast_deferred WHERE " HOLDFAST_IN_WINDOW(
        "position") " GROUP BY consumer, state",
    .published = "SELECT min(published_at) FROM holdfast_outbox_published",
};

}  // namespace holdfast::store

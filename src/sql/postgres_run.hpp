// SQL: which run of the server this is. Another one after each restart and each crash of a backend; then numbers of transactions
// may be given again.
#pragma once

#define HOLDFAST_SERVER_RUN "concat_ws(' ', pg_postmaster_start_time(), (SELECT stats_reset FROM pg_stat_bgwriter))"

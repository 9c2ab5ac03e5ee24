#include "simulation/tables.hpp"

namespace sim {
namespace {

constexpr Mutant mutants[] = {
    // The relay.
    {"window_for_a_key", "calm keeps_session_order=0 nacks"},
    {"mark_before_confirm", "calm nacks"},
    {"mark_despite_return", "calm unbound"},
    {"unknown_is_confirmed", "calm sessions"},
    {"skip_blocked_key", "calm keeps_session_order=0 nacks keys=2"},
    {"resume_not_at_lowest", "calm keeps_session_order=1 sessions keys=1 window=3 events=14"},
    {"pipelined_after_refusal_goes_on", "calm keeps_session_order=1 nacks keys=2 window=100"},
    {"refused_lets_followers_pass", "calm refused keys=2"},
    {"suspect_blames_all", "calm refused keys=4 window=100"},
    {"later_pages_not_filtered", "calm late_commits keys=2 window=2"},
    {"next_round_from_last_page_snapshot", "calm late_commits keys=3 window=1"},
    {"error_starts_no_full_round", "calm server_crashes store_calls restore"},
    {"more_takes_from_round", "calm nacks keys=1 window=2"},
    {"window_until_doubt", "calm keeps_session_order=0 nacks keys=2"},
    {"refused_hidden_from_reads", "calm refused keys=2"},
    {"cursor_by_seq", "calm late_commits keys=3"},
    // The outbox's table.
    {"key_lock_after_seq", "calm late_commits keys=2"},
    {"no_key_lock", "calm late_commits keys=2"},
    {"mark_by_seq_alone", "calm restore sessions pauses"},
    // What the broker promises to them.
    {"no_single_active", "by_key=1 calm sessions keys=1 slow"},
    {"requeue_to_the_back", "by_key=1 calm sessions keys=1"},
    // The inbox: claims, failures.
    {"claim_always_fresh", "calm duplicates"},
    {"blocked_keys_ignored", "by_key=1 calm failures keys=1"},
    {"blocked_from_memory", "by_key=1 proceed=0 calm failures sessions kills keys=1"},
    {"copy_runs_row_stays", "by_key=0 calm failures broker_tools"},
    {"own_any_row_acks", "by_key=0 via_broker=1 calm own_transactions failures"},
    {"any_type_takes_nothing", "calm any_type"},
    {"failed_replay_to_wait_queue", "by_key=0 via_broker=1 calm failures operators"},
    {"dead_only_in_dlq", "by_key=0 calm failures"},
    {"blocked_before_claim", "by_key=1 proceed=0 calm failures sessions rebalances lanes=1 keys=1 batch=6"},
    {"stale_copy_accepted", "by_key=0 via_broker=1 calm failures duplicates sessions"},
    {"own_ignores_body", "by_key=0 calm invalid own_transactions failures store_calls server_crashes"},
    {"second_delivery_in_batch_runs", "calm duplicates batch=6 keys=1"},
    {"failure_without_claim", "calm failures duplicates sessions"},
    {"id_reused_overwrites", "calm invalid"},
    {"dead_keeps_copy", "by_key=0 calm failures operators broker_tools"},
    {"in_doubt_is_failure", "calm store_calls"},
    {"transient_counts_attempt", "calm store_calls"},
    {"unavailable_counts_attempt", "calm dependency"},
    {"retry_of_none_blocks_key", "by_key=0 via_broker=0 calm failures"},
    {"proceed_dead_blocks", "by_key=1 proceed=1 calm failures keys=2"},
    {"too_old_runs", "calm prune duplicates"},
    {"too_old_copy_has_number", "by_key=0 calm prune duplicates broker_tools"},
    {"too_old_counts_from_one",
     "by_key=0 via_broker=1 calm failures prune duplicates sessions rebalances broker_outages"},
    // Blocked keys.
    {"followers_not_due", "by_key=1 proceed=0 calm failures keys=2"},
    {"failure_without_compare", "calm failures operators sessions"},
    {"deferred_run_without_lock", "calm failures"},
    // Operators, dead letters.
    {"replay_leaves_dead", "calm failures operators"},
    {"take_back_keeps_copy", "by_key=0 calm failures operators broker_tools"},
    {"discard_without_lock", "calm failures operators"},
    {"discard_keeps_state", "calm failures operators"},
    {"import_takes_all", "by_key=0 calm failures operators"},
    {"import_drops_retrying", "by_key=0 via_broker=1 calm failures broker_tools"},
    {"import_ignores_body", "calm invalid broker_tools"},
    {"import_drops_unknown", "calm broker_tools"},
    {"import_takes_pruned_copies", "by_key=0 calm failures operators broker_tools prune kills broker_outages"},
    {"import_acks_before_commit", "by_key=0 calm failures broker_tools kills"},
    {"repair_without_copy", "by_key=0 via_broker=1 calm failures consumer_restore"},
    // Sessions, the crash guard.
    {"ack_before_commit", "calm kills failures"},
    {"ack_without_session", "calm sessions"},
    {"new_session_keeps_old_batches", "by_key=1 calm sessions failures"},
    {"release_crash_counts", "calm bad_release"},
    {"starts_counted_by_batch", "calm crashers keys=4"},
    {"suspect_beside_others", "by_key=0 calm crashers lanes=3 batch=1 keys=4"},
    {"left_start_stays", "by_key=0 calm failures crashers store_calls store_outages bad_release sessions"},
    {"living_start_counts", "by_key=0 calm failures slow store_outages kills bad_release"},
    // The inbox's tables.
    {"no_inbox_row_for_dead", "calm failures"},
    {"head_by_skip_locked", "by_key=1 calm failures keys=1"},
    {"blocked_head_not_due", "by_key=1 calm failures keys=2"},
    {"lock_does_not_wait", "calm failures sessions operators"},
    {"try_lock_takes_no_lock", "calm failures"},
    {"prune_forgets_horizon", "calm prune duplicates"},
    {"starts_count_without_evidence", "calm bad_release"},
    {"oversized_goes_to_outbox", "calm invalid failures"},
    // Stops, and weeks in which nothing happens.
    {"stop_does_not_wait", "calm stops slow"},
    {"stop_leaves_marks", "calm stops"},
    {"clean_end_keeps_starts", "calm stops store_outages failures dependency"},
    {"horizon_ignores_backlog", "by_key=0 calm gaps prune slow lanes=3 batch=1"},
};

constexpr const char* marks[] = {"backlog.back_behind_dropped",
                                 "backlog.key_has_more",
                                 "backlog.stale_keys",
                                 "bad_follower",
                                 "blamed",
                                 "copy_runs",
                                 "crash_loop",
                                 "deferred_changed_while_it_ran",
                                 "does_not_fit_outbox",
                                 "import_of_a_reused_id",
                                 "paused",
                                 "pruned_while_claiming",
                                 "relay.blocked_session",
                                 "relay.confirm_without_lease",
                                 "relay.late_confirm",
                                 "relay.lease_lost",
                                 "relay.not_accepted",
                                 "relay.pipelined_refusal",
                                 "relay.refused",
                                 "relay.store_failed",
                                 "round.later_page",
                                 "round.stale_page",
                                 "suspect",
                                 "too_old",
                                 "trouble_beneath_handler",
                                 "unavailable_blamed"};

}  // namespace

std::span<const Mutant> all_mutants() { return mutants; }
std::span<const char* const> all_marks() { return marks; }

}  // namespace sim

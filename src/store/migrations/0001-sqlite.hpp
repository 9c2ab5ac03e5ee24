// The first tables: SQL, in a header so that it is in the program.
#pragma once
#include <string_view>

namespace holdfast::store {

inline constexpr std::string_view migration_0001_sqlite = R"sql(
-- Times are microseconds since 1970, UTC; ids are 32 hex digits; bodies are the bytes as they came.

-- oldest_reader: the lowest version that a program must know to work with these tables.
CREATE TABLE holdfast_schema_version(
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  version INTEGER NOT NULL,
  oldest_reader INTEGER NOT NULL);

-- Pending events. AUTOINCREMENT: a number is never given twice, so the relay may ask for what is above the last one it saw.
-- A row that cannot be read would hold up all others: whoever writes one by SQL is told at once.
CREATE TABLE holdfast_outbox(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL CHECK (typeof(id) = 'text' AND length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),
  key TEXT,          -- null: no order
  type TEXT NOT NULL CHECK (length(CAST(type AS BLOB)) BETWEEN 1 AND 200),
  destination TEXT,  -- null: the exchange, routed by type; else one queue or topic
  unrouted_ok INTEGER NOT NULL DEFAULT 0 CHECK (unrouted_ok IN (0, 1)),
  occurred_at INTEGER NOT NULL CHECK (typeof(occurred_at) = 'integer'),
  envelope BLOB NOT NULL CHECK (typeof(envelope) IN ('blob', 'text') AND length(envelope) <= 1048576),
  headers TEXT NOT NULL DEFAULT '{}' CHECK (length(CAST(headers AS BLOB)) <= 131072),
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (typeof(attempts) = 'integer' AND attempts BETWEEN 0 AND 2147483647),
  last_error TEXT,
  refused INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1)),
  CHECK (key IS NULL OR length(CAST(key AS BLOB)) <= 200));
CREATE INDEX holdfast_outbox_key ON holdfast_outbox(key, seq) WHERE key IS NOT NULL;

CREATE TABLE holdfast_outbox_published(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  key TEXT,
  type TEXT NOT NULL,
  unrouted_ok INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  envelope BLOB NOT NULL,
  headers TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  last_error TEXT,
  published_at INTEGER NOT NULL);
CREATE INDEX holdfast_outbox_published_at ON holdfast_outbox_published(published_at);
CREATE INDEX holdfast_outbox_published_id ON holdfast_outbox_published(id);

CREATE TABLE holdfast_relay_lease(
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  owner TEXT NOT NULL,
  expires_at INTEGER NOT NULL);

-- What became of each event at each consumer. For IN with more than two values SQLite fills a temporary table at each insert.
CREATE TABLE holdfast_inbox(
  consumer TEXT NOT NULL,
  event_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state = 'handled' OR state = 'retrying' OR state = 'deferred' OR state = 'dead' OR
                             state = 'discarded'),
  copy INTEGER NOT NULL DEFAULT 0,
  event_at INTEGER,  -- null: outside the age rule
  body_hash BLOB NOT NULL,
  settled_at INTEGER NOT NULL,  -- greater than that of every row settled before, even if the clock was set back
  PRIMARY KEY (consumer, event_id)) WITHOUT ROWID;
CREATE INDEX holdfast_inbox_settled ON holdfast_inbox(consumer, settled_at, state, copy, event_at);
CREATE INDEX holdfast_inbox_retrying ON holdfast_inbox(consumer, event_id) WHERE state = 'retrying';

-- Events set aside, dead letters included. No CHECK here may refuse one.
CREATE TABLE holdfast_deferred(
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  consumer TEXT NOT NULL,
  event_id TEXT NOT NULL,
  key TEXT NOT NULL,
  blocks_key INTEGER NOT NULL,
  state TEXT NOT NULL,  -- retry, blocked, dead
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  error TEXT NOT NULL,
  type TEXT NOT NULL,
  body BLOB NOT NULL,
  headers TEXT NOT NULL,
  origin TEXT NOT NULL,
  first_failed_at INTEGER,
  UNIQUE (consumer, event_id));
CREATE INDEX holdfast_deferred_head ON holdfast_deferred(consumer, key, position) WHERE blocks_key = 1;
CREATE INDEX holdfast_deferred_blocked ON holdfast_deferred(consumer, key, position) WHERE state = 'blocked';
CREATE INDEX holdfast_deferred_retry ON holdfast_deferred(consumer, due_at) WHERE state = 'retry';
CREATE INDEX holdfast_deferred_dead ON holdfast_deferred(consumer, position) WHERE state = 'dead';

-- Starts of an event that have not been followed by its end: a process that died, or one that runs.
CREATE TABLE holdfast_delivery_starts(
  consumer TEXT NOT NULL,
  event_id TEXT NOT NULL,
  instance TEXT NOT NULL,
  last INTEGER NOT NULL,  -- start, which perhaps still runs: 1, and 2 if it was counted, 4 if alone; 0: it died or was taken back
  number INTEGER NOT NULL,  -- of the last start, as its process counts
  counted INTEGER NOT NULL,
  alone INTEGER NOT NULL,
  starts INTEGER NOT NULL,
  settled_at INTEGER NOT NULL,  -- the consumer's last at the last start: tells whether anything was handled in between
  PRIMARY KEY (consumer, event_id, instance)) WITHOUT ROWID;

CREATE TABLE holdfast_consumers(
  consumer TEXT NOT NULL,
  instance TEXT NOT NULL,
  owner TEXT NOT NULL,  -- the process that has this name, or had it last
  queue TEXT NOT NULL,
  patterns TEXT NOT NULL,
  ordering TEXT NOT NULL,
  delays TEXT NOT NULL,  -- of wait queues at the broker, in milliseconds
  since INTEGER NOT NULL,
  started_at INTEGER NOT NULL,  -- last
  until INTEGER,
  clean_end INTEGER NOT NULL,
  PRIMARY KEY (consumer, instance)) WITHOUT ROWID;

CREATE TABLE holdfast_inbox_horizon(
  consumer TEXT PRIMARY KEY,
  pruned_before INTEGER NOT NULL) WITHOUT ROWID;

-- One row for each event that an act touched; seq tells rows of one event in the outbox apart (0: an act on the inbox).
CREATE TABLE holdfast_operator_actions(
  id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  who TEXT NOT NULL,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  selection TEXT NOT NULL,
  note TEXT NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (id, event_id, seq)) WITHOUT ROWID;

CREATE VIEW holdfast_outbox_messages AS
  SELECT id AS Id, strftime('%Y-%m-%dT%H:%M:%fZ', occurred_at / 1e6, 'unixepoch') AS OccurredAtUtc, type AS Type,
         CAST(envelope AS TEXT) AS Payload, NULL AS PublishedAtUtc, attempts AS Attempts, last_error AS LastError
    FROM holdfast_outbox
  UNION ALL
  SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', occurred_at / 1e6, 'unixepoch'), type, CAST(envelope AS TEXT),
         strftime('%Y-%m-%dT%H:%M:%fZ', published_at / 1e6, 'unixepoch'), attempts, last_error
    FROM holdfast_outbox_published;
CREATE VIEW holdfast_processed_events AS
  SELECT event_id AS EventId, consumer AS Consumer,
         strftime('%Y-%m-%dT%H:%M:%fZ', settled_at / 1e6, 'unixepoch') AS ProcessedAtUtc
    FROM holdfast_inbox WHERE state = 'handled';

INSERT INTO holdfast_schema_version VALUES (1, 1, 1);
)sql";

}  // namespace holdfast::store

// The first tables in PostgreSQL: SQL, in a header so that it is in the program. An empty line parts the statements.
#pragma once
#include <string_view>

namespace holdfast::store {

inline constexpr std::string_view migration_0001_postgres = R"sql(
-- Where an administrator made the schema, the owner need not have the right to: IF NOT EXISTS would ask for it all the same.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'holdfast') THEN
    CREATE SCHEMA holdfast;
  END IF;
END $$

-- oldest_reader: the lowest version that a program must know to work with these tables.
CREATE TABLE holdfast.schema_version(
  only_row integer PRIMARY KEY CHECK (only_row = 1),
  version integer NOT NULL,
  oldest_reader integer NOT NULL)

-- Pending events only, so it stays small. xid tells which reads of the relay saw the row; a number is never given twice.
CREATE TABLE holdfast.outbox(
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id uuid NOT NULL,
  shard smallint NOT NULL,
  key text COLLATE "C",  -- null: no order
  type text COLLATE "C" NOT NULL,
  destination text,  -- null: the exchange, routed by type; else one queue or topic
  unrouted_ok boolean NOT NULL DEFAULT false,
  occurred_at timestamptz NOT NULL,
  envelope bytea NOT NULL,
  headers text NOT NULL DEFAULT '{}',
  attempts integer NOT NULL DEFAULT 0,
  last_error text,
  refused boolean NOT NULL DEFAULT false,
  CONSTRAINT outbox_sizes CHECK (  -- one for all: each is read anew from the catalog at each INSERT
    octet_length(key) <= 200 AND octet_length(type) BETWEEN 1 AND 200 AND octet_length(envelope) <= 1048576
    AND octet_length(headers) <= 131072))
  WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)

CREATE INDEX outbox_xid ON holdfast.outbox(xid)

CREATE INDEX outbox_key ON holdfast.outbox(key, seq) WHERE key IS NOT NULL

-- The key holds whatever numbers come: to look for a row of the same number first (ON CONFLICT) is a fifth of the work of a mark.
CREATE TABLE holdfast.outbox_published(
  seq bigint NOT NULL,
  id uuid NOT NULL,
  shard smallint NOT NULL,
  key text COLLATE "C",
  type text COLLATE "C" NOT NULL,
  unrouted_ok boolean NOT NULL,
  occurred_at timestamptz NOT NULL,
  envelope bytea NOT NULL,
  headers text NOT NULL,
  attempts integer NOT NULL,
  last_error text,
  published_at timestamptz NOT NULL,
  PRIMARY KEY (seq, published_at))

CREATE INDEX outbox_published_at ON holdfast.outbox_published(published_at)

CREATE INDEX outbox_published_id ON holdfast.outbox_published(id)

CREATE TABLE holdfast.relay_lease(
  only_row integer PRIMARY KEY CHECK (only_row = 1),
  owner text NOT NULL,
  expires_at timestamptz NOT NULL)

-- What became of each event at each consumer.
CREATE TABLE holdfast.inbox(
  consumer text COLLATE "C" NOT NULL,
  event_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('handled', 'retrying', 'deferred', 'dead', 'discarded')),
  copy integer NOT NULL DEFAULT 0,
  event_at timestamptz,  -- null: outside the age rule
  body_hash bytea NOT NULL,
  settled_at timestamptz NOT NULL,  -- greater than that of every row seen settled before, even if the clock was set back
  PRIMARY KEY (consumer, event_id))

CREATE INDEX inbox_settled ON holdfast.inbox(consumer, settled_at)

CREATE INDEX inbox_retrying ON holdfast.inbox(consumer, event_id) WHERE state = 'retrying'

-- Events set aside, dead letters included. No CHECK here may refuse one, so what came from outside is bytes; the indexes are on
-- the key's hash, because a foreign key may be longer than an index entry.
CREATE TABLE holdfast.deferred(
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  consumer text COLLATE "C" NOT NULL,
  event_id uuid NOT NULL,
  key bytea NOT NULL,
  blocks_key boolean NOT NULL,
  state text NOT NULL,  -- retry, blocked, dead
  attempts integer NOT NULL,
  due_at timestamptz NOT NULL,
  reason text NOT NULL,
  error text NOT NULL,
  type bytea NOT NULL,
  body bytea NOT NULL,
  headers bytea NOT NULL,
  origin text NOT NULL,
  first_failed_at timestamptz,
  UNIQUE (consumer, event_id))

CREATE INDEX deferred_head ON holdfast.deferred(consumer, sha256(key), position) WHERE blocks_key

CREATE INDEX deferred_blocked ON holdfast.deferred(consumer, sha256(key), position) WHERE state = 'blocked'

CREATE INDEX deferred_retry ON holdfast.deferred(consumer, due_at) WHERE state = 'retry'

CREATE INDEX deferred_dead ON holdfast.deferred(consumer, position) WHERE state = 'dead'

-- Starts of an event that have not been followed by its end: a process that died, or one that runs.
CREATE TABLE holdfast.delivery_starts(
  consumer text COLLATE "C" NOT NULL,
  event_id uuid NOT NULL,
  instance text COLLATE "C" NOT NULL,
  last integer NOT NULL,  -- start, which perhaps still runs: 1, and 2 if it was counted, 4 if alone; 0: it died or was taken back
  number bigint NOT NULL,  -- of the last start, as its process counts
  counted integer NOT NULL,
  alone integer NOT NULL,
  starts integer NOT NULL,
  settled_at timestamptz NOT NULL,  -- the consumer's last at the last start: tells whether anything was handled in between
  PRIMARY KEY (consumer, event_id, instance))

CREATE TABLE holdfast.consumers(
  consumer text COLLATE "C" NOT NULL,
  instance text NOT NULL,
  owner text NOT NULL,  -- the process that has this name, or had it last
  queue text NOT NULL,
  patterns text NOT NULL,
  ordering text NOT NULL,
  delays text NOT NULL,  -- of wait queues at the broker, in milliseconds
  since timestamptz NOT NULL,
  started_at timestamptz NOT NULL,  -- last
  until timestamptz,
  clean_end boolean NOT NULL,
  PRIMARY KEY (consumer, instance))

CREATE TABLE holdfast.inbox_horizon(
  consumer text COLLATE "C" PRIMARY KEY,
  pruned_before timestamptz NOT NULL)

-- One row for each event that an act touched; seq tells rows of one event in the outbox apart (0: an act on the inbox).
CREATE TABLE holdfast.operator_actions(
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  seq bigint NOT NULL,
  who text NOT NULL,
  at timestamptz NOT NULL,
  what text NOT NULL,
  selection text NOT NULL,
  note text NOT NULL,
  result text NOT NULL,
  PRIMARY KEY (id, event_id, seq))

-- The first four bytes of SHA-256, of which the key hash is the first eight. STABLE as convert_to is: else it is not inlined,
-- but parsed at each call.
CREATE FUNCTION holdfast.key_lock(key text) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT ('x' || encode(substring(sha256(convert_to(key, 'UTF8')) FROM 1 FOR 4), 'hex'))::bit(32)::integer
$$

CREATE FUNCTION holdfast.shard(key text) RETURNS smallint LANGUAGE sql STABLE AS $$
  SELECT (get_byte(sha256(convert_to(key, 'UTF8')), 0) >> 2)::smallint
$$

-- The only way into the outbox. The keys are locked to the end of the transaction before a number is taken, so that for each key
-- the order of numbers is the order of commits; in the order of their locks, so that two of these cannot deadlock. Not one
-- statement: it would take its numbers first. An event is for ever, so its commit waits for the disk.
CREATE FUNCTION holdfast.append(ids uuid[], keys text[], types text[], destinations text[], unrouted_oks boolean[],
                                occurred_micros bigint[], envelopes bytea[], all_headers text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  IF cardinality(ids) = 1 THEN  -- the rule in the database of a service: a third less to do
    IF keys[1] IS NOT NULL THEN
      PERFORM pg_advisory_xact_lock(1215261796, holdfast.key_lock(keys[1]));
    END IF;
    INSERT INTO holdfast.outbox(id, shard, key, type, destination, unrouted_ok, occurred_at, envelope, headers)
    VALUES (ids[1], holdfast.shard(coalesce(keys[1], ids[1]::text)), keys[1], types[1], destinations[1], unrouted_oks[1],
            timestamptz 'epoch' + occurred_micros[1] * interval '1 microsecond', envelopes[1], all_headers[1]);
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(1215261796, hash)
     FROM (SELECT DISTINCT holdfast.key_lock(k) AS hash FROM unnest(keys) AS k WHERE k IS NOT NULL ORDER BY 1) AS sorted;
  INSERT INTO holdfast.outbox(id, shard, key, type, destination, unrouted_ok, occurred_at, envelope, headers)
  SELECT e.id, holdfast.shard(coalesce(e.key, e.id::text)), e.key, e.type, e.destination, e.unrouted_ok,
         timestamptz 'epoch' + e.micros * interval '1 microsecond', e.envelope, e.headers
    FROM unnest(ids, keys, types, destinations, unrouted_oks, occurred_micros, envelopes, all_headers)  -- in their order
         AS e(id, key, type, destination, unrouted_ok, micros, envelope, headers);
END
$$

-- A UUIDv7: 48 bits of milliseconds, the version, random bits.
CREATE FUNCTION holdfast.new_id(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(set_byte(b, 6, get_byte(b, 6) & 15 | 112), 'hex')::uuid
    FROM overlay(uuid_send(gen_random_uuid()) PLACING
                 substring(int8send(floor(extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6) AS b
$$

-- For programs in any language: SELECT holdfast.publish('order.created.v1', '12045', '{"orderId": 12045}').
-- In the transaction that changes the state; the relay sends it after the commit. The producer is application_name.
CREATE FUNCTION holdfast.publish(type text, key text, payload json, headers jsonb DEFAULT NULL, id uuid DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  made_at timestamptz := clock_timestamp();
  event_id uuid := coalesce(id, holdfast.new_id(made_at));
  hex text := replace(event_id::text, '-', '');
  own_key text := nullif(key, '');
  all_headers jsonb := coalesce(headers, '{}');
  producer text := current_setting('application_name');
  schema_version text := coalesce(nullif(substring(type FROM '\.v([1-9][0-9]{0,8})$'), ''), '1');
  envelope text;
BEGIN
  IF coalesce(type, '') = '' THEN
    RAISE EXCEPTION 'holdfast.publish: the type is empty' USING ERRCODE = '22023';
  END IF;
  IF type ~ '[[:space:][:cntrl:]*#]' THEN
    RAISE EXCEPTION 'holdfast.publish: the type % has spaces, control characters or wildcards; write it as order.created.v1',
                    quote_literal(type) USING ERRCODE = '22023';
  END IF;
  IF octet_length(type) > 200 OR octet_length(own_key) > 200 THEN
    RAISE EXCEPTION 'holdfast.publish: a type and a key have at most 200 bytes' USING ERRCODE = '22023';
  END IF;
  IF payload IS NULL THEN
    RAISE EXCEPTION 'holdfast.publish: the payload is NULL; an empty one is ''{}''' USING ERRCODE = '22004';
  END IF;
  IF jsonb_typeof(all_headers) <> 'object' OR EXISTS (
       SELECT FROM jsonb_each(all_headers) AS h WHERE jsonb_typeof(h.value) <> 'string' OR starts_with(h.key, 'holdfast-')) THEN
    RAISE EXCEPTION 'holdfast.publish: headers are an object of strings, no name begins with holdfast-' USING ERRCODE = '22023';
  END IF;
  IF octet_length(all_headers::text) > 16384 THEN
    RAISE EXCEPTION 'holdfast.publish: headers of more than 16 KiB' USING ERRCODE = '22023';
  END IF;
  IF all_headers ->> 'traceparent' IS NULL THEN
    all_headers := all_headers || jsonb_build_object('traceparent', '00-' || hex || '-' || right(hex, 16) || '-01');
  END IF;
  IF own_key IS NOT NULL THEN
    all_headers := all_headers || jsonb_build_object('holdfast-key', own_key);
  END IF;
  envelope := '{"eventId":"' || hex || '","eventType":' || to_json(type)
    || ',"occurredAtUtc":"' || to_char(made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","payload":' || payload::text
    || ',"metadata":{"traceId":"' || coalesce(substring(all_headers ->> 'traceparent' FROM '^..-([0-9a-f]{32})-'), hex)
    || '","correlationId":"' || hex
    || CASE WHEN producer = '' THEN '"' ELSE '","producer":' || to_json(producer) END
    || ',"schemaVersion":' || schema_version || '}}';
  IF octet_length(envelope) > 1048576 THEN
    RAISE EXCEPTION 'holdfast.publish: the event takes % bytes, and 1048576 are the most', octet_length(envelope)
          USING ERRCODE = '22023';
  END IF;
  PERFORM holdfast.append(ARRAY[event_id], ARRAY[own_key], ARRAY[type], ARRAY[NULL]::text[], ARRAY[false],
                          ARRAY[floor(extract(epoch FROM made_at) * 1000000)::bigint], ARRAY[convert_to(envelope, 'UTF8')],
                          ARRAY[all_headers::text]);
  RETURN event_id;
END
$$

-- Bytes as text for people: what is no UTF-8 is shown escaped.
CREATE FUNCTION holdfast.readable(bytes bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN convert_from(bytes, 'UTF8');
EXCEPTION WHEN OTHERS THEN
  RETURN encode(bytes, 'escape');
END
$$

CREATE VIEW holdfast.outbox_messages AS
  SELECT id AS Id, occurred_at AS OccurredAtUtc, type AS Type, holdfast.readable(envelope) AS Payload,
         NULL::timestamptz AS PublishedAtUtc, attempts AS Attempts, last_error AS LastError
    FROM holdfast.outbox
  UNION ALL
  SELECT id, occurred_at, type, holdfast.readable(envelope), published_at, attempts, last_error
    FROM holdfast.outbox_published

CREATE VIEW holdfast.processed_events AS
  SELECT event_id AS EventId, consumer AS Consumer, settled_at AS ProcessedAtUtc FROM holdfast.inbox WHERE state = 'handled'

INSERT INTO holdfast.schema_version VALUES (1, 1, 1)
)sql";

}  // namespace holdfast::store

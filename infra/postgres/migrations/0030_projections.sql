-- What the projection runner keeps: where each projection is, which ids it has seen, what it owes to the log, and which keys it left out.
-- Offsets are decimal text, topics are named without their prefix.

-- The start step makes these rows. Every transaction of a projection raises the revision first: who raises it owns the step.
create table projection_checkpoints (
  projection text not null,
  version integer not null,
  partition integer not null,
  revision bigint not null default 0,
  -- {topic: next offset to read}
  offsets jsonb not null,
  advanced_at timestamptz not null default now(),
  primary key (projection, version, partition)
) with (fillfactor = 50);

-- The last ids of each instance, in the order in which they were projected. A copy is known by them, whatever its offset.
create table projection_seen (
  projection text not null,
  version integer not null,
  event_id uuid not null,
  instance_id text not null,
  -- Counts the ids of one instance.
  place bigint not null,
  -- Of what the event says; another one under the same id is counted as a conflict.
  digest bigint not null,
  -- What tells rows apart comes first: before its first analyze Postgres would otherwise walk over a whole projection.
  primary key (event_id, projection, version)
);
create unique index projection_seen_places on projection_seen (instance_id, projection, version, place);

-- Records that a projection owes to the log: written with the checkpoint, appended after it, then deleted. Oldest first.
create table projection_outbox (
  outbox_id bigint generated always as identity primary key,
  projection text not null,
  version integer not null,
  partition integer not null,
  topic text not null,
  key text not null,
  headers jsonb not null,
  value bytea not null,
  recorded_at timestamptz not null
);
create index projection_outbox_partitions on projection_outbox (projection, version, partition, outbox_id);

-- Keys left out since a record of theirs could not be projected; everybody else goes on.
create table projection_quarantine (
  projection text not null,
  version integer not null,
  partition integer not null,
  key text not null,
  -- {topic: offset from which records of this key are left out}
  offsets jsonb not null,
  -- The record that could not be projected, and why.
  topic text not null,
  "offset" text not null,
  error_code text not null,
  error_message text not null,
  quarantined_at timestamptz not null default now(),
  resume_requested_at timestamptz,
  primary key (projection, version, key)
);

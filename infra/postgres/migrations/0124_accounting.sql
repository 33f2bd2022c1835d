-- What WhatsApp sent an instance and what became of it, counted: by its owner as far as the append, by projections from there on. Not
-- rebuildable: what was counted before these tables were there is in none of them.

-- What the owners of an instance received, by class of stanza: `received` in the epoch, `received_before` in all that were counted before it.
create table instance_stanzas (
  instance_id text not null references instance_ids,
  stanza text not null,
  epoch bigint not null,
  received bigint not null,
  received_before bigint not null default 0,
  since timestamptz not null default now(),
  primary key (instance_id, stanza)
) with (fillfactor = 70);

-- The numbers of the newest epoch as its owner has them: the last that was given to an event, and the last whose event is in the log.
create table instance_tallies (
  instance_id text primary key references instance_ids,
  epoch bigint not null,
  numbered bigint not null,
  appended bigint not null,
  -- Since when both stand as they do.
  since timestamptz not null default now(),
  last_stanza_at timestamptz,
  -- What WhatsApp said would come of the time away, at the last connection where it said so, and how much of it came.
  announced jsonb,
  written_at timestamptz not null default now()
) with (fillfactor = 70);

-- Records of each type that a version of a projection took in, in the step that took them; copies are those that were not projected.
create table accounted_types (
  instance_id text not null,
  projection text not null,
  version integer not null,
  type text not null,
  records bigint not null,
  projected bigint not null,
  -- The greatest number among them; 0: they have none of their own.
  epoch bigint not null,
  sequence bigint not null,
  since timestamptz not null default now(),
  primary key (instance_id, projection, version, type)
) with (fillfactor = 70);

-- Numbers of an epoch that were given to events which are not in the log.
create table accounted_gaps (
  instance_id text not null,
  projection text not null,
  version integer not null,
  epoch bigint not null,
  first_sequence bigint not null,
  last_sequence bigint not null,
  -- When the event after them was recorded.
  found_at timestamptz not null,
  primary key (instance_id, projection, version, epoch, first_sequence)
);
create index accounted_gaps_found on accounted_gaps (found_at);

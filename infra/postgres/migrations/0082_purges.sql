-- Purges: what is to be erased of an instance for good, and how far that is. A row stays for ever: it is the tombstone that whoever
-- writes for an instance looks at, in the transaction or statement that writes. Not rebuildable.
create table purges (
  instance_id text primary key references instance_ids,
  -- Of the event that tells of it, so that an append repeated after a crash has the same event id.
  request_id text not null,
  requested_at timestamptz not null default now(),
  requested_by text not null,
  -- Raised with every progress: who raises it goes on, others stand aside.
  revision bigint not null default 0,
  -- The one that is next, or the last one, once it is done.
  step text not null default 'account',
  -- How far a step is that cannot see it by what is left; null: it has not begun.
  cursor jsonb,
  -- {what: how many were erased so far}
  erased jsonb not null default '{}',
  -- What keeps it from going on; null: nothing.
  waits_for text,
  changed_at timestamptz not null default now(),
  done_at timestamptz
);
create index purges_undone on purges (requested_at) where done_at is null;

-- What an instance has, found without a look at everybody else's rows.
create index webhook_deliveries_instances on webhook_deliveries (instance_id);
create index webhook_media_instances on webhook_media (instance_id);
create index media_instances on media (instance_id);
create index incoming_objects_instances on incoming_objects (instance_id);

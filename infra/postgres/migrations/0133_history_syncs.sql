-- How far each part of the phones' histories is worked off: one row for each notification. Not rebuildable: it is the place to go on from.
create table history_syncs (
  instance_id text not null,
  -- Of the notification.
  event_id text not null,
  epoch bigint not null,
  sequence bigint not null,
  sync_type text not null,
  chunk integer,
  percent integer,
  -- started, progressed, completed or failed, as in history.progressed.
  state text not null,
  -- Rises whenever it is worked off from the beginning again.
  round integer not null default 1,
  -- Entries of its file that are done with, in their order: the place.
  entries_done bigint not null default 0,
  -- Messages among them; of all, once they are counted.
  messages bigint not null default 0,
  total bigint,
  people bigint not null default 0,
  unreadable bigint not null default 0,
  -- Its messages were left out: historySync was off.
  without_messages boolean not null,
  reason text,
  detail text,
  started_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Where the notification is in the log.
  topic text not null,
  partition integer not null,
  next_offset bigint not null,
  primary key (instance_id, event_id)
);
-- What may have to be worked off again: without messages, of an instance that takes them now; left alone, of all instances.
create index history_syncs_without_messages on history_syncs (instance_id) where without_messages and state = 'completed';
create index history_syncs_again on history_syncs (updated_at) where round > 1 and state in ('started', 'progressed');
-- The newest of an instance.
create index history_syncs_newest on history_syncs (instance_id, started_at, event_id);

-- Replays: a range of the log that is copied to a topic of its own. A row stays until the topic is deleted. Not rebuildable.
create table replays (
  replay_id text primary key,
  -- The topic is called by it.
  name text not null unique,
  -- Names without the prefix.
  topics text[] not null,
  -- As they were asked for; null: the beginning, the end of that moment or, of one that follows, none.
  range_from jsonb,
  range_until jsonb,
  -- null: all.
  types text[],
  instance_ids text[],
  chats text[],
  -- Records a second.
  rate integer not null,
  follow boolean not null,
  per_type boolean not null,
  marker boolean not null,
  -- running, paused, done, cancelled, failed
  state text not null default 'running',
  -- Of one that failed.
  why text,
  -- The process that has it, for as long as it says so: to run it, to begin it or to delete it. null: nobody.
  owner text,
  leased_until timestamptz,
  -- Whole names, each before the topic is made.
  made_topics text[] not null default '{}',
  created_at timestamptz not null default now(),
  started_at timestamptz,
  -- Since when it has been running without a pause, and how many it had read by then.
  resumed_at timestamptz,
  resumed_records bigint not null default 0,
  ended_at timestamptz,
  -- The topic is deleted then.
  expires_at timestamptz,
  -- Nobody is shown it, any more or, of one that is about to begin, yet: where nobody has it, its topics are deleted, then the row.
  removed boolean not null default false,
  -- What kept its topics from being deleted, and when that is tried again.
  trouble text,
  remove_again_at timestamptz
);

-- How far it is in each partition of the log that it reads.
create table replay_partitions (
  replay_id text not null references replays on delete cascade,
  -- Without the prefix.
  topic text not null,
  partition integer not null,
  -- The range is [first_offset, until_offset), found out once. null: it is followed.
  first_offset bigint not null,
  until_offset bigint,
  -- The range was asked for from before what the log has.
  truncated boolean not null default false,
  -- Where it went on when the log had forgotten what was to come next. null: the log had it.
  forgotten_until bigint,
  next_offset bigint not null,
  records_read bigint not null default 0,
  records_written bigint not null default 0,
  -- {why: how many}
  left_out jsonb not null default '{}',
  -- Of a log that is elsewhere: {topic: where what was written of this partition ended when this row was written}
  written_until jsonb not null default '{}',
  -- Whoever reads the topic is told that nothing more of it comes, or need not be.
  ended boolean not null default false,
  primary key (replay_id, topic, partition)
) with (fillfactor = 50);

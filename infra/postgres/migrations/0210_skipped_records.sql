-- A record that keeps its account out of a projection is passed over for good: asked for beside the resume, and done by whoever owns the partition.
alter table projection_quarantine add column skip_requested_at timestamptz;

-- What was passed over so, for as long as the account is there.
create table projection_skips (
  projection text not null,
  version integer not null,
  partition integer not null,
  key text not null,
  topic text not null,
  "offset" bigint not null,
  error_code text not null,
  error_message text not null,
  skipped_at timestamptz not null default now(),
  primary key (projection, version, topic, partition, "offset")
);
create index projection_skips_keys on projection_skips (key);

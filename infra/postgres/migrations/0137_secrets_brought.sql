-- Instances that another process brought secrets of messages, until the owner of the instance has looked at what waits for them.
-- A row for an instance: a reading of it costs nothing, however much waits.
create table secrets_brought (
  instance_id text primary key,
  at timestamptz not null default now()
);

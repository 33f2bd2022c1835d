-- Ids of the keys that rows are sealed with: each stands here before its first row does.
create table sealing_keys (
  key_id text primary key,
  used_at timestamptz not null default now()
);

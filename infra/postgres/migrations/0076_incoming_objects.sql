-- What download-media wrote under incoming/, so that only that is ever deleted there. A row is there before its object, and goes after it.
create table incoming_objects (
  key text primary key,
  instance_id text not null,
  -- The last time that something was put there.
  written_at timestamptz not null default now()
);
create index incoming_objects_by_age on incoming_objects (written_at);

-- Objects of 0.1.0 have no rows: once, they are given those that their events in the log prove.
create table incoming_adoption (
  is_only boolean primary key default true check (is_only),
  adopted_at timestamptz not null default now()
);

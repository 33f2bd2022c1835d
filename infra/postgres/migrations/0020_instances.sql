-- Instances as the API wants them and as their owners hold them. instance_ids rows are never deleted: an id is never given out again.
-- These tables are not rebuilt from the log.

create table instance_ids (
  instance_id text primary key check (instance_id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  -- Fixed before the first append, so that an append repeated after a crash has the same event id.
  request_id text not null,
  reserved_at timestamptz not null default now(),
  name text not null,
  settings jsonb not null default '{}',
  -- What its owner should do with it.
  wanted text not null default 'running' check (wanted in ('running', 'logged-out', 'deleted')),
  -- Raised to ask the owner to close the socket and open it again.
  restart_count integer not null default 0
);

-- Records that a change through the API owes to the log: written with the change, appended after it, then deleted.
-- What a crash left here is appended at the next start.
create table api_outbox (
  outbox_id bigint generated always as identity primary key,
  topic text not null,
  key text not null,
  headers jsonb not null,
  value bytea,
  recorded_at timestamptz not null
);

create sequence instance_epochs;

-- Who holds an instance, as a fencing epoch: auth writes are conditional on it.
create table instance_owners (
  instance_id text primary key references instance_ids,
  epoch bigint not null,
  taken_at timestamptz not null default now(),
  -- False from taking until the socket was closed in peace: what Baileys held in memory may be missing, so the app state is read anew.
  ended_cleanly boolean not null default true,
  -- '{wanted}/{restart_count}' that is done with: the owner rests until either changes, also over a restart of the process.
  parked_for text
);

-- What only the live owner knows. The QR text holds a secret: sealed.
create table instance_qr (
  instance_id text primary key references instance_ids,
  epoch bigint not null,
  qr bytea not null,
  expires_at timestamptz not null
);

create table auth_creds (
  instance_id text primary key references instance_ids,
  epoch bigint not null,
  sealed bytea not null,
  saved_at timestamptz not null default now()
);

create table auth_keys (
  instance_id text not null references instance_ids,
  type text not null,
  id text not null,
  sealed bytea not null,
  primary key (instance_id, type, id)
);

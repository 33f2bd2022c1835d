-- Webhook endpoints, what the webhook stream remembers to order and hold deliveries, and what the bridge did with each of them.
-- Not rebuildable from the log: endpoints, holds and waiting deliveries are handed over, never made again.

create table webhook_endpoints (
  endpoint_id text primary key check (endpoint_id ~ '^ep_[0-9a-f]{24}$'),
  -- The settings that match from now on.
  version integer not null,
  -- Disabled endpoints go on matching; their deliveries wait and drain in order once enabled again.
  enabled boolean not null,
  -- Why, where it was not an operator's wish.
  disabled_reason text,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  deleted_at timestamptz,
  -- The last 2xx on any lane, shared by all nodes: tells a failing delivery from a failing endpoint.
  succeeded_at timestamptz
);

create table webhook_endpoint_versions (
  endpoint_id text not null references webhook_endpoints,
  version integer not null,
  url text not null,
  -- null: every instance.
  instance_ids text[],
  -- Names and patterns; null: the default set.
  event_types text[],
  chats_include text[],
  chats_exclude text[],
  lane_order text not null check (lane_order = 'chat'),
  format text not null check (format = 'zaplog'),
  -- Custom headers may carry credentials: sealed JSON.
  headers_sealed bytea not null,
  -- Seconds; null: until settled.
  hold_media_seconds integer,
  media_holds_chat boolean not null,
  created_at timestamptz not null default now(),
  primary key (endpoint_id, version)
);

-- Signing secrets, sealed. Every one that has not expired signs, newest first.
create table webhook_secrets (
  endpoint_id text not null references webhook_endpoints,
  secret_id bigint generated always as identity,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  primary key (endpoint_id, secret_id)
);

-- The lane of each chat address. Written once: an address keeps its first lane for ever.
create table webhook_lanes (
  instance_id text not null,
  address text not null,
  lane text not null,
  primary key (instance_id, address)
);
create index webhook_lanes_addresses on webhook_lanes (instance_id, lane);

-- Messages with media that were read, and the greatest outcome of their file so far.
create table webhook_media (
  event_id text primary key,
  instance_id text not null,
  partition integer not null,
  chat_lane text not null,
  -- What media.updated repeats of the message.
  message json not null,
  round integer not null default 0,
  rank integer not null default 0,
  -- null: none yet.
  outcome json,
  read_at timestamptz not null default now()
);
create index webhook_media_age on webhook_media (read_at);

-- What each endpoint was told of a file: a greater outcome is told as media.updated.
create table webhook_media_told (
  event_id text not null references webhook_media on delete cascade,
  endpoint_id text not null,
  endpoint_version integer not null,
  lane text not null,
  round integer not null,
  rank integer not null,
  primary key (event_id, endpoint_id)
);

-- Media events whose message has not been read yet; they are taken up right after it.
create table webhook_media_early (
  early_id bigint generated always as identity primary key,
  source_event_id text not null,
  partition integer not null,
  event json not null,
  read_at timestamptz not null default now()
);
create index webhook_media_early_sources on webhook_media_early (source_event_id);
create index webhook_media_early_age on webhook_media_early (read_at);

-- Deliveries that are held for their media, and those that wait behind one in their lane, in lane order.
create table webhook_held (
  held_id bigint generated always as identity primary key,
  partition integer not null,
  lane text not null,
  delivery_id text not null unique,
  -- The message whose file decides; null: only waits behind.
  media_event_id text,
  -- Whether later deliveries of the lane wait for it.
  holds_lane boolean not null,
  -- Nothing but an earlier one keeps it any longer.
  ready boolean not null,
  held_at timestamptz not null default now(),
  -- null: until settled, or only waits behind.
  due_at timestamptz,
  released json not null
);
create index webhook_held_lanes on webhook_held (lane, held_id);
create index webhook_held_media on webhook_held (media_event_id) where media_event_id is not null;
create index webhook_held_unready on webhook_held (partition) where not ready;
create index webhook_held_due on webhook_held (due_at) where not ready;

-- One row per delivery, from the moment it matched.
create table webhook_deliveries (
  delivery_id text primary key,
  endpoint_id text not null,
  endpoint_version integer not null,
  event_id text not null,
  instance_id text not null,
  lane text not null,
  webhook_type text not null,
  message_id text,
  state text not null check (state in ('held', 'pending', 'retrying', 'waiting', 'delivered', 'dead', 'discarded')),
  created_at timestamptz not null default now(),
  attempts integer not null default 0,
  first_attempt_at timestamptz,
  last_attempt_at timestamptz,
  -- When the next attempt is due, while retrying or waiting.
  retry_at timestamptz,
  status_code integer,
  -- What went wrong last, or why it is waiting, dead or discarded.
  error text
) with (fillfactor = 70);
create index webhook_deliveries_newest on webhook_deliveries (created_at desc, delivery_id desc);
create index webhook_deliveries_endpoints on webhook_deliveries (endpoint_id, created_at desc, delivery_id desc);
create index webhook_deliveries_messages on webhook_deliveries (message_id) where message_id is not null;
create index webhook_deliveries_events on webhook_deliveries (event_id);

create table webhook_attempts (
  delivery_id text not null,
  attempt integer not null,
  outcome text not null,
  started_at timestamptz not null,
  duration_ms bigint not null,
  status_code integer,
  error text,
  retry_in_ms bigint,
  -- At most 4 KiB.
  response text,
  primary key (delivery_id, attempt)
);

-- Dead letters of a lane since it last delivered: the next delivery says so.
create table webhook_skipped (
  lane text primary key,
  skipped integer not null
);

-- Lanes that wait too long for memory. A lane is entered and left under its row's lock; while the row is there,
-- later deliveries of the lane join it. Whoever holds the claim, judged by this server's clock, attempts its head.
create table webhook_waiting_lanes (
  lane text primary key,
  endpoint_id text not null,
  due_at timestamptz not null,
  claimed_by text,
  claimed_until timestamptz
);
create index webhook_waiting_lanes_due on webhook_waiting_lanes (endpoint_id, due_at);

create table webhook_waiting (
  delivery_id text primary key,
  lane text not null references webhook_waiting_lanes,
  endpoint_id text not null,
  -- Its place in the log; order in the lane, and where it is read back from when value is null.
  topic text not null,
  partition integer not null,
  "offset" bigint not null,
  headers jsonb not null,
  recorded_at timestamptz not null,
  value bytea,
  entered_at timestamptz not null default now()
);
create index webhook_waiting_lane_order on webhook_waiting (lane, "offset");
create index webhook_waiting_endpoints on webhook_waiting (endpoint_id, entered_at);

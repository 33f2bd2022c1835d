-- How an endpoint stands, what it refuses while it takes others, and what the bridge owes to the log.

alter table webhook_endpoints
  -- The first failed attempt since the last 2xx; null: the last word was a 2xx, or nothing was sent yet.
  add column failing_since timestamptz,
  add column failed_at timestamptz,
  -- Of the last failed attempt.
  add column last_error text,
  -- While it fails, none of its waiting lanes is tried before this.
  add column probe_at timestamptz,
  -- Waiting lanes that were last tried before this are due: it took something after a time of failing, or its operator changed it.
  add column called_at timestamptz,
  -- When it last took a delivery that it had failed to take for a while: outages before this do not count against any delivery.
  add column recovered_at timestamptz;

alter table webhook_deliveries
  -- Attempts since the schedule of waits began, or began anew.
  add column step integer not null default 0,
  -- How long the endpoint has refused this one while it took others.
  add column refused_ms bigint not null default 0;

-- When the last try of the lane's head began, or else when the lane began to wait.
alter table webhook_waiting_lanes add column tried_at timestamptz not null default now();
create index webhook_waiting_lanes_tried on webhook_waiting_lanes (endpoint_id, tried_at);
create index webhook_waiting_lanes_claims on webhook_waiting_lanes (endpoint_id) where claimed_until is not null;

-- Endpoints whose lanes wait for a time to come are failing as far as anybody knows: the first is tried at once.
update webhook_endpoints e set failing_since = now() - interval '1 minute', failed_at = now() - interval '1 hour'
 where e.deleted_at is null
   and exists (select from webhook_waiting_lanes w where w.endpoint_id = e.endpoint_id and w.due_at > now());

-- Deliveries that were given up, apart from the rest: to be counted without a look at every delivery.
create table webhook_deaths (
  delivery_id text primary key,
  endpoint_id text not null,
  died_at timestamptz not null default now(),
  reason text not null
);
create index webhook_deaths_endpoints on webhook_deaths (endpoint_id, died_at);
create index webhook_deaths_age on webhook_deaths (died_at);
insert into webhook_deaths (delivery_id, endpoint_id, died_at, reason)
  select delivery_id, endpoint_id, coalesce(last_attempt_at, created_at), coalesce(error, 'no reason on record')
    from webhook_deliveries where state = 'dead';

-- Records that the bridge owes to the log: written with what came of an attempt, appended after it, then deleted. Oldest first.
create table webhook_outbox (
  outbox_id bigint generated always as identity primary key,
  topic text not null,
  key text not null,
  headers jsonb not null,
  value bytea,
  recorded_at timestamptz not null,
  owed_at timestamptz not null default now()
);
create index webhook_outbox_topics on webhook_outbox (topic, outbox_id);

-- One member appends at a time, so that the order of the rows is the order in the log.
create table webhook_outbox_turn (
  is_only boolean primary key default true check (is_only),
  member text,
  ends_at timestamptz not null default now()
);
insert into webhook_outbox_turn default values;

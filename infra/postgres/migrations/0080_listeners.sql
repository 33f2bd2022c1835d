-- Listeners: endpoints without a URL, whose deliveries a program takes from a mailbox over a connection that it opens itself.

create table webhook_listeners (
  endpoint_id text primary key,
  -- Who opened it, for people.
  name text not null,
  -- Its last sign of life; so long after it that the code says, it is gone.
  seen_at timestamptz not null default now(),
  -- Of the delivery that was last laid in its mailbox. The row's lock makes their order that of their commits.
  last_place bigint not null default 0
);

-- Attempts that wait for a listener's answer, or have it and are not tidied away yet.
create table webhook_mailbox (
  delivery_id text primary key,
  endpoint_id text not null,
  instance_id text not null,
  place bigint not null,
  attempt integer not null,
  headers jsonb not null,
  body text not null,
  -- An answer counts until then.
  expires_at timestamptz not null,
  -- null: none yet.
  answer jsonb
);
create index webhook_mailbox_places on webhook_mailbox (endpoint_id, place);
create index webhook_mailbox_instances on webhook_mailbox (instance_id);
create index webhook_mailbox_age on webhook_mailbox (expires_at);

-- What came sealed with the secret of a message that was not known by then: it is opened once that is. In the log it is message.undecryptable.
-- Not rebuildable. No reference to instance_ids, as message_secrets has none.
create table sealed_messages (
  instance_id text not null,
  -- Of its message.undecryptable.
  event_id text not null,
  -- 16 bytes of SHA-256 over the address of its chat: no chat takes the place of all others.
  chat bytea not null,
  -- Which message's secret opens it: under each address that its chat had then, as message_secrets has it.
  targets bytea[] not null,
  -- Its stanza and its bytes.
  sealed bytea not null,
  -- How many secrets of its targets there were when it was tried last.
  tried integer not null default 0,
  kept_at timestamptz not null default clock_timestamp(),
  primary key (instance_id, event_id)
);
create index sealed_messages_age on sealed_messages (kept_at);

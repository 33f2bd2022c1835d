-- Secrets that messages brought: what refers to a message (votes, edits, answers to events) comes sealed with the secret of that message.
-- Not rebuildable. One row for almost every message of every account: no reference to instance_ids, which every insert would have to
-- look up; whoever writes asks for tombstones, and a purge erases by instance.
create table message_secrets (
  instance_id text not null,
  -- 16 bytes of SHA-256 over the chat and the message's id, which its sender chose.
  message bytea not null,
  -- 16 bytes of SHA-256 over the author's address: nobody takes another's place by reusing an id.
  author bytea not null,
  -- The secret, the author's addresses and, of a poll, the names of its options.
  sealed bytea not null,
  -- null: for ever. Polls and events are answered for as long as they are there.
  kept_until timestamptz,
  primary key (instance_id, message, author)
);
create index message_secrets_age on message_secrets (kept_until) where kept_until is not null;

-- Where the log keeps a record that the API owed it: set by whoever appended it, collected (and the row deleted) by the request that wrote it.
alter table api_outbox add column appended_at timestamptz;
alter table api_outbox add column positions jsonb;
create index api_outbox_owed on api_outbox (outbox_id) where appended_at is null;

-- Random secrets that never change, e.g. of media links; sealed with ENCRYPTION_KEY.
create table secrets (
  name text primary key,
  sealed bytea not null
);

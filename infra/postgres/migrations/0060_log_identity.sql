-- Which log this database belongs to: progress and checkpoints are offsets of it, and mean other records in any other log.
create table log_identity (
  is_only boolean primary key default true check (is_only),
  -- What Kafka calls itself; null: the log is in this database.
  cluster_id text,
  topic_prefix text not null,
  claimed_at timestamptz not null default now()
);

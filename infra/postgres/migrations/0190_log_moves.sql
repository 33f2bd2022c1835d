-- The way of the log out of this database, into Kafka: where to, and as which of Kafka's producers, so that whoever goes on with a copy that
-- was killed is the same producer to the brokers, and a batch that was under way is taken once.
create table log_moves (
  is_only boolean primary key default true check (is_only),
  -- What Kafka calls itself.
  cluster_id text not null,
  producer_id bigint not null,
  producer_epoch integer not null,
  begun_at timestamptz not null default now(),
  -- Since when the log is there; null: it is being copied.
  moved_at timestamptz
);

-- Partitions of a log that has moved. They are no longer in log_partitions, so that whoever still knew the log as it was here can neither
-- append to it nor read it; its records stay until they are deleted by hand.
create table log_moved_partitions (
  topic text not null,
  partition integer not null,
  first_offset bigint not null,
  next_offset bigint not null,
  primary key (topic, partition)
);

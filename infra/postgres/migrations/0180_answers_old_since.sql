-- Since when the answer is old: the first change after its question was read, while stale_at is the last one. null: it is not old.
alter table socket_reads add column old_at timestamptz;
-- Of the question that is to be answered: when the last one asked who waits for it.
alter table socket_reads add column asked_last_at timestamptz;
-- Answers of one day at most.
update socket_reads set old_at = stale_at where stale_at >= answered_at;

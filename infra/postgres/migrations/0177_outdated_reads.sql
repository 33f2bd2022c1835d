-- What was said before this is old, whatever its age: the account has changed it since, or was told that it changed. null: nobody said so.
alter table socket_reads add column stale_at timestamptz;

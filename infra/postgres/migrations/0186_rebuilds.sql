-- Rebuilds of projections: one row each, from when it is asked for until it is deleted. Not rebuildable.
create table rebuilds (
  rebuild_id text primary key,
  projection text not null,
  -- filling, comparing, ready, swapped, rolled-back, cancelled, failed
  state text not null default 'filling',
  -- auto: the rebuilt one is read as soon as it is found equal; manual: when it is asked for.
  swap text not null,
  -- swap, rollback: asked for and not done yet.
  wanted text,
  -- Of one that failed, or does not go on by itself.
  why text,
  -- The process that has it, for as long as it says so. null: nobody.
  owner text,
  leased_until timestamptz,
  -- Its tables are there, or were not taken down yet.
  has_tables boolean not null default true,
  -- Nobody is shown it any more: its tables are taken down, then the row.
  removed boolean not null default false,
  -- Records that the log had forgotten when it began.
  forgotten_records bigint not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  filled_at timestamptz,
  swapped_at timestamptz,
  ended_at timestamptz
);
-- One at a time.
create unique index rebuilds_one on rebuilds (projection) where has_tables;

-- What the comparison of one found, by table. Written in its snapshot, in which the row above is what it was before.
create table rebuild_findings (
  rebuild_id text primary key,
  -- Rows are named by their keys.
  compared jsonb not null,
  compared_at timestamptz not null default now()
);

-- What a purge erases of the tables that are filled, or kept, beside those that are read: they come and go, so that no statement names them.
-- Keys of at most so many rows of an instance, locked: '{schema}.{table} {ctid}'.
create function rebuilt_keys(of_instance text, most integer) returns setof text language plpgsql as $$
declare
  one record;
  found_rows integer;
  left_rows integer := most;
begin
  for one in select schemaname, tablename from pg_tables where schemaname ~ '^[a-z_]+_rebuild_[0-9]+$' order by 1, 2 desc loop
    exit when left_rows <= 0;
    return query execute format('select %L || ctid::text from %I.%I where instance_id = $1 limit $2 for update',
      one.schemaname || '.' || one.tablename || ' ', one.schemaname, one.tablename) using of_instance, left_rows;
    get diagnostics found_rows = row_count;
    left_rows := left_rows - found_rows;
  end loop;
end $$;

create function erase_rebuilt(keys text[]) returns void language plpgsql as $$
declare
  one record;
begin
  for one in select split_part(k, ' ', 1) as name, array_agg(split_part(k, ' ', 2)::tid) as rows from unnest(keys) k group by 1 loop
    execute format('delete from %s where ctid = any($1)', one.name::regclass) using one.rows;
  end loop;
end $$;

-- The event log, its consumer groups and its schema registry. A partition's offsets are dense, and offset order is commit order,
-- because each append takes them under the partition's row lock and holds it until it is committed.
-- log_records is the source of everything; the other tables say where consumers are.

create table log_topics (
  topic text primary key,
  partitions integer not null check (partitions > 0),
  -- null: for ever.
  retention_ms bigint,
  max_record_bytes integer not null
);

create table log_partitions (
  topic text not null references log_topics,
  partition integer not null,
  -- Kept records are [first_offset, next_offset).
  first_offset bigint not null default 0,
  next_offset bigint not null default 0,
  newest_recorded_at timestamptz not null default '-infinity',
  primary key (topic, partition)
) with (fillfactor = 50);

create table log_records (
  topic text not null,
  partition integer not null,
  "offset" bigint not null,
  key text not null,
  value bytea,
  headers jsonb not null,
  recorded_at timestamptz not null,
  -- The greatest recorded_at up to this offset: it never falls, so that a time is found by halving instead of an index.
  newest_recorded_at timestamptz not null,
  size_bytes integer not null,
  primary key (topic, partition, "offset")
);

-- One append: groups of records, each for one partition, in ascending order of (topic, partition) so that two appends cannot deadlock.
-- Group i has counts[i] records. Answers the offset after the last record of each group. ZL001: no such partition.
create function log_append(
  topics text[], partitions integer[], counts integer[],
  keys text[], contents bytea[], header_sets jsonb[], recorded_ats timestamptz[], sizes integer[]
) returns table (group_index integer, end_offset bigint)
language plpgsql as $$
declare
  first_record integer := 1;
  last_record integer;
  base bigint;
  newest timestamptz;
begin
  -- An append is durable before it is answered, whatever the server's default is.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  for i in 1 .. cardinality(topics) loop
    last_record := first_record + counts[i] - 1;
    select p.next_offset, p.newest_recorded_at into base, newest
      from log_partitions p where p.topic = topics[i] and p.partition = partitions[i] for update;
    if not found then
      raise exception 'no partition % of topic %', partitions[i], topics[i] using errcode = 'ZL001';
    end if;
    insert into log_records (topic, partition, "offset", key, value, headers, recorded_at, newest_recorded_at, size_bytes)
      select topics[i], partitions[i], base + r.place - 1, r.key, r.content, r.headers, r.recorded_at,
             greatest(newest, max(r.recorded_at) over (order by r.place)), r.size
        from unnest(
          keys[first_record:last_record], contents[first_record:last_record], header_sets[first_record:last_record],
          recorded_ats[first_record:last_record], sizes[first_record:last_record]
        ) with ordinality as r (key, content, headers, recorded_at, size, place);
    update log_partitions p
      set next_offset = base + counts[i],
          newest_recorded_at = greatest(newest, (select max(a) from unnest(recorded_ats[first_record:last_record]) a))
      where p.topic = topics[i] and p.partition = partitions[i];
    group_index := i;
    end_offset := base + counts[i];
    return next;
    first_record := last_record + 1;
  end loop;
end $$;

-- The first offset whose record, or an earlier one, is as new as `instant`; the end where there is none.
create function log_offset_at(of_topic text, of_partition integer, instant timestamptz) returns bigint
language plpgsql stable as $$
declare
  low bigint;
  high bigint;
  middle bigint;
  newest timestamptz;
begin
  select p.first_offset, p.next_offset into low, high from log_partitions p where p.topic = of_topic and p.partition = of_partition;
  while low < high loop
    middle := (low + high) / 2;
    select r.newest_recorded_at into newest
      from log_records r where r.topic = of_topic and r.partition = of_partition and r."offset" = middle;
    if newest >= instant then high := middle; else low := middle + 1; end if;
  end loop;
  return low;
end $$;

-- Deletes records below before_offset, the oldest first, at most max_records; answers how many. Never beyond the end.
create function log_trim(of_topic text, of_partition integer, before_offset bigint, max_records integer) returns bigint
language plpgsql as $$
declare
  from_offset bigint;
  until_offset bigint;
begin
  -- One at a time; appends are not kept waiting while records are deleted.
  if not pg_try_advisory_xact_lock(hashtextextended(format('log_trim %s %s', of_topic, of_partition), 0)) then
    return 0;
  end if;
  select p.first_offset, least(p.next_offset, before_offset, p.first_offset + max_records) into from_offset, until_offset
    from log_partitions p where p.topic = of_topic and p.partition = of_partition;
  if not found or until_offset <= from_offset then
    return 0;
  end if;
  delete from log_records r where r.topic = of_topic and r.partition = of_partition and r."offset" < until_offset;
  update log_partitions p set first_offset = until_offset where p.topic = of_topic and p.partition = of_partition;
  return until_offset - from_offset;
end $$;

-- Members of consumer groups, and which of them holds partition p of all the group's topics. Judged by this server's clock only.
create table log_members (
  group_name text not null,
  member text not null,
  expires_at timestamptz not null,
  primary key (group_name, member)
);

create table log_leases (
  group_name text not null,
  partition integer not null,
  -- null: given back.
  member text,
  -- Raised with every change of hands.
  generation bigint not null default 0,
  expires_at timestamptz not null default now(),
  primary key (group_name, partition)
);

-- One heartbeat: says that the member lives, renews what it holds, claims free partitions up to its fair share, and answers
-- the share and what it holds now (one row of nulls where that is nothing). A leaving member only renews what it has not yet given back.
create function log_heartbeat(of_group text, of_member text, partition_count integer, ttl_ms integer, leaving boolean)
returns table (share integer, partition integer, generation bigint)
language plpgsql as $$
declare
  until_at timestamptz := now() + ttl_ms * interval '1 millisecond';
  members integer;
  place integer;
  held integer;
  fair integer := 0;
begin
  if leaving then
    delete from log_members m where m.group_name = of_group and m.member = of_member;
  else
    insert into log_members as m (group_name, member, expires_at) values (of_group, of_member, until_at)
      on conflict (group_name, member) do update set expires_at = excluded.expires_at;
  end if;
  delete from log_members m where (m.group_name, m.member) in (
    select e.group_name, e.member from log_members e where e.group_name = of_group and e.expires_at < now() for update skip locked);
  insert into log_leases (group_name, partition)
    select of_group, n from generate_series(0, partition_count - 1) n
     where not exists (select from log_leases l where l.group_name = of_group and l.partition = n)
    on conflict do nothing;
  update log_leases l set expires_at = until_at where l.group_name = of_group and l.member = of_member;
  get diagnostics held = row_count;
  if not leaving then
    select count(*), count(*) filter (where m.member < of_member) into members, place from log_members m where m.group_name = of_group;
    fair := partition_count / members + case when place < partition_count % members then 1 else 0 end;
    update log_leases l set member = of_member, generation = l.generation + 1, expires_at = until_at
      from (select f.partition from log_leases f
             where f.group_name = of_group and f.partition < partition_count and (f.member is null or f.expires_at < now())
             order by f.partition limit greatest(fair - held, 0) for update skip locked) free
     where l.group_name = of_group and l.partition = free.partition;
  end if;
  return query select fair, l.partition, l.generation
    from (select 1) always left join log_leases l on l.group_name = of_group and l.member = of_member;
end $$;

-- What each consumer group has done of each partition: everything below next_offset, and `finished` ([[from, to), …]) beyond it.
-- Written only by the owner whose token it holds. Not rebuildable: a lost row halts its partition.
create table log_progress (
  group_name text not null,
  topic text not null,
  partition integer not null,
  owner text,
  next_offset bigint not null,
  finished jsonb not null default '[]',
  saved_at timestamptz not null default now(),
  primary key (group_name, topic, partition)
) with (fillfactor = 50);

-- Which groups were ever given rows for which topic: rows missing afterwards were lost, and are not made again at offset 0.
create table log_groups (
  group_name text not null,
  topic text not null,
  made_at timestamptz not null default now(),
  primary key (group_name, topic)
);

-- Schema ids of the Confluent wire format. Rows are never changed or deleted: records name them for ever.
create table schemas (
  schema_id integer generated always as identity primary key,
  subject text not null,
  -- Canonical JSON.
  schema text not null,
  -- SHA-256 of it: texts are too long for an index.
  schema_hash bytea not null,
  registered_at timestamptz not null default now(),
  unique (subject, schema_hash)
);

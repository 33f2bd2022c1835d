-- What the lists of chats, contacts and files are read from: a row for each entry, in the order of the list. Every row follows from rows of
-- other tables alone, and is made anew in the statement that changes one of them, whoever writes it: also a process of an earlier release.

-- In the order in which a step writes them: one of an earlier release, which goes on beside this, is waited for or waits, and nobody waits in a
-- circle. Whoever reads is in nobody's way.
lock table read_model_1.address_pairs, read_model_1.contacts, read_model_1.chats, read_model_1.messages, read_model_1.media
  in share row exclusive mode;

-- One per person or group, under the address that answers call it by: the newest of the rows that chats has of its addresses.
create table read_model_1.listed_chats (
  instance_id text not null,
  chat_id text not null,
  is_group boolean not null,
  last_message_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, chat_id)
);

-- The same of contacts, each name the last one that was said under any of the addresses.
create table read_model_1.listed_contacts (
  instance_id text not null,
  contact_id text not null,
  name text,
  push_name text,
  updated_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, contact_id)
);

-- One per message with a file, with what became of that.
create table read_model_1.listed_media (
  event_id text primary key,
  instance_id text not null,
  chat_id text,
  kind text not null,
  status text not null,
  reason text,
  occurred_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  -- Of the file's last change, or of the message.
  changed_by_event text not null
);

-- As the function of this name outside of the schema, of this version's own addresses.
create function read_model_1.canonical_address(of_instance text, address text) returns text
language sql stable as $$
  select coalesce((
    select p.lid from read_model_1.address_pairs p
    where p.instance_id = of_instance and p.pn = address
    order by p.occurred_at desc, p.lid desc limit 1), address)
$$;

-- Addresses that may have to be listed anew once something was said of these: themselves, and every LID that one of them was a number of.
create function read_model_1.listed_as(instances text[], addresses text[]) returns table (instance_id text, address text)
language sql stable as $$
  select t.instance_id, t.address from unnest(instances, addresses) as t(instance_id, address)
  union
  select p.instance_id, p.lid from unnest(instances, addresses) as t(instance_id, address)
  join read_model_1.address_pairs p on p.instance_id = t.instance_id and p.pn = t.address
$$;

-- The addresses whose rows are listed under this one: itself and the numbers that are called by it; none where it is called by another.
create function read_model_1.listed_under(of_instance text, address text) returns setof text
language sql stable as $$
  select address where read_model_1.canonical_address(of_instance, address) = address
  union all
  select p.pn from read_model_1.address_pairs p
  where p.instance_id = of_instance and p.lid = address and read_model_1.canonical_address(of_instance, p.pn) = address
$$;

create function read_model_1.list_chats(instances text[], addresses text[]) returns void
language plpgsql as $$
begin
  with asked as materialized (select * from read_model_1.listed_as(instances, addresses)),
  made as materialized (
    select a.instance_id, a.address, last.*
    from asked a cross join lateral (
      select c.is_group, c.last_message_at, c.epoch, c.sequence, c.changed_by_event
      from read_model_1.listed_under(a.instance_id, a.address) as own(address)
      join read_model_1.chats c on c.instance_id = a.instance_id and c.chat_id = own.address
      order by c.last_message_at desc, c.epoch desc, c.sequence desc, c.chat_id desc limit 1) last),
  gone as (
    delete from read_model_1.listed_chats l using asked a
    where l.instance_id = a.instance_id and l.chat_id = a.address
      and not exists (select from made m where m.instance_id = a.instance_id and m.address = a.address))
  insert into read_model_1.listed_chats as old (instance_id, chat_id, is_group, last_message_at, epoch, sequence, changed_by_event)
  select * from made
  on conflict (instance_id, chat_id) do update set is_group = excluded.is_group, last_message_at = excluded.last_message_at,
    epoch = excluded.epoch, sequence = excluded.sequence, changed_by_event = excluded.changed_by_event
  where old is distinct from excluded;
end $$;

create function read_model_1.list_contacts(instances text[], addresses text[]) returns void
language plpgsql as $$
begin
  with asked as materialized (select * from read_model_1.listed_as(instances, addresses)),
  made as materialized (
    select a.instance_id, a.address, said.*
    from asked a cross join lateral (
      select
        (array_agg(c.name order by c.name_epoch desc, c.name_sequence desc) filter (where c.name is not null))[1] as name,
        (array_agg(c.push_name order by c.push_name_epoch desc, c.push_name_sequence desc)
          filter (where c.push_name is not null))[1] as push_name,
        max(c.updated_at) as updated_at,
        (array_agg(c.epoch order by c.updated_at desc, c.epoch desc, c.sequence desc, c.contact_id desc))[1] as epoch,
        (array_agg(c.sequence order by c.updated_at desc, c.epoch desc, c.sequence desc, c.contact_id desc))[1] as sequence,
        (array_agg(c.changed_by_event order by c.updated_at desc, c.epoch desc, c.sequence desc, c.contact_id desc))[1] as changed_by_event
      from read_model_1.listed_under(a.instance_id, a.address) as own(address)
      join read_model_1.contacts c on c.instance_id = a.instance_id and c.contact_id = own.address) said
    where said.updated_at is not null),
  gone as (
    delete from read_model_1.listed_contacts l using asked a
    where l.instance_id = a.instance_id and l.contact_id = a.address
      and not exists (select from made m where m.instance_id = a.instance_id and m.address = a.address))
  insert into read_model_1.listed_contacts as old (instance_id, contact_id, name, push_name, updated_at, epoch, sequence, changed_by_event)
  select * from made
  on conflict (instance_id, contact_id) do update set name = excluded.name, push_name = excluded.push_name,
    updated_at = excluded.updated_at, epoch = excluded.epoch, sequence = excluded.sequence, changed_by_event = excluded.changed_by_event
  where old is distinct from excluded;
end $$;

-- Each is called with the rows that one statement wrote, `written`.
-- A row of chats only ever becomes newer: it is the one that is listed, or it is not newer than that. Of every message, so it is short.
create function read_model_1.chats_written() returns trigger language plpgsql as $$
begin
  insert into read_model_1.listed_chats as l (instance_id, chat_id, is_group, last_message_at, epoch, sequence, changed_by_event)
  select distinct on (w.instance_id, coalesce(p.lid, w.chat_id))
    w.instance_id, coalesce(p.lid, w.chat_id), w.is_group, w.last_message_at, w.epoch, w.sequence, w.changed_by_event
  from written w left join lateral (
    select p.lid from read_model_1.address_pairs p where p.instance_id = w.instance_id and p.pn = w.chat_id
    order by p.occurred_at desc, p.lid desc limit 1) p on true
  order by w.instance_id, coalesce(p.lid, w.chat_id), w.last_message_at desc, w.epoch desc, w.sequence desc
  on conflict (instance_id, chat_id) do update set is_group = excluded.is_group, last_message_at = excluded.last_message_at,
    epoch = excluded.epoch, sequence = excluded.sequence, changed_by_event = excluded.changed_by_event
  where (excluded.last_message_at, excluded.epoch, excluded.sequence) > (l.last_message_at, l.epoch, l.sequence);
  return null;
end $$;

create function read_model_1.contacts_written() returns trigger language plpgsql as $$
begin
  if exists (select from written) then
    perform read_model_1.list_contacts(array_agg(w.instance_id), array_agg(w.contact_id)) from written w;
  end if;
  return null;
end $$;

-- What was listed under the number, or under a LID that it was called by before, may be listed under the new LID from now on.
create function read_model_1.address_pairs_written() returns trigger language plpgsql as $$
begin
  if exists (select from written) then
    perform read_model_1.list_chats(array_agg(w.instance_id), array_agg(w.pn)) from written w;
    perform read_model_1.list_contacts(array_agg(w.instance_id), array_agg(w.pn)) from written w;
  end if;
  return null;
end $$;

create function read_model_1.messages_written() returns trigger language plpgsql as $$
begin
  if exists (select from written where media is not null) then
    insert into read_model_1.listed_media (event_id, instance_id, chat_id, kind, status, reason, occurred_at, epoch, sequence, changed_by_event)
    select w.event_id, w.instance_id, w.chat_id, w.kind, coalesce(f.status, 'pending'), f.reason, w.occurred_at, w.epoch, w.sequence,
      coalesce(f.changed_by_event, w.event_id)
    from written w left join read_model_1.media f on f.source_event_id = w.event_id
    where w.media is not null
    on conflict (event_id) do nothing;
  end if;
  return null;
end $$;

create function read_model_1.media_written() returns trigger language plpgsql as $$
begin
  update read_model_1.listed_media l set status = w.status, reason = w.reason, changed_by_event = w.changed_by_event
  from written w where l.event_id = w.source_event_id;
  return null;
end $$;

create trigger chats_inserted after insert on read_model_1.chats
  referencing new table as written for each statement execute function read_model_1.chats_written();
create trigger chats_updated after update on read_model_1.chats
  referencing new table as written for each statement execute function read_model_1.chats_written();
create trigger contacts_inserted after insert on read_model_1.contacts
  referencing new table as written for each statement execute function read_model_1.contacts_written();
create trigger contacts_updated after update on read_model_1.contacts
  referencing new table as written for each statement execute function read_model_1.contacts_written();
create trigger address_pairs_inserted after insert on read_model_1.address_pairs
  referencing new table as written for each statement execute function read_model_1.address_pairs_written();
create trigger messages_inserted after insert on read_model_1.messages
  referencing new table as written for each statement execute function read_model_1.messages_written();
create trigger media_inserted after insert on read_model_1.media
  referencing new table as written for each statement execute function read_model_1.media_written();
create trigger media_updated after update on read_model_1.media
  referencing new table as written for each statement execute function read_model_1.media_written();

-- What is there already, by the same rules: of many rows at once, and indexed when all are there. Nothing writes until this is committed;
-- killed, all of it is as it was.
set local work_mem = '64MB';
create temporary table called on commit drop as
  select distinct on (instance_id, pn) instance_id, pn, lid from read_model_1.address_pairs
  order by instance_id, pn, occurred_at desc, lid desc;
analyze called;

insert into read_model_1.listed_chats
  select distinct on (c.instance_id, coalesce(p.lid, c.chat_id)) c.instance_id, coalesce(p.lid, c.chat_id),
    c.is_group, c.last_message_at, c.epoch, c.sequence, c.changed_by_event
  from read_model_1.chats c left join called p on p.instance_id = c.instance_id and p.pn = c.chat_id
  order by c.instance_id, coalesce(p.lid, c.chat_id), c.last_message_at desc, c.epoch desc, c.sequence desc, c.chat_id desc;

insert into read_model_1.listed_contacts
  select c.instance_id, coalesce(p.lid, c.contact_id),
    (array_agg(c.name order by c.name_epoch desc, c.name_sequence desc) filter (where c.name is not null))[1],
    (array_agg(c.push_name order by c.push_name_epoch desc, c.push_name_sequence desc) filter (where c.push_name is not null))[1],
    max(c.updated_at),
    (array_agg(c.epoch order by c.updated_at desc, c.epoch desc, c.sequence desc, c.contact_id desc))[1],
    (array_agg(c.sequence order by c.updated_at desc, c.epoch desc, c.sequence desc, c.contact_id desc))[1],
    (array_agg(c.changed_by_event order by c.updated_at desc, c.epoch desc, c.sequence desc, c.contact_id desc))[1]
  from read_model_1.contacts c left join called p on p.instance_id = c.instance_id and p.pn = c.contact_id
  group by 1, 2;

insert into read_model_1.listed_media
  select m.event_id, m.instance_id, m.chat_id, m.kind, coalesce(f.status, 'pending'), f.reason, m.occurred_at, m.epoch, m.sequence,
    coalesce(f.changed_by_event, m.event_id)
  from read_model_1.messages m left join read_model_1.media f on f.source_event_id = m.event_id
  where m.media is not null;

create index listed_chats_by_time on read_model_1.listed_chats
  (instance_id, last_message_at desc, epoch desc, sequence desc, chat_id desc);
create index listed_contacts_by_time on read_model_1.listed_contacts
  (instance_id, updated_at desc, epoch desc, sequence desc, contact_id desc);
create index listed_media_by_time on read_model_1.listed_media (instance_id, occurred_at desc, epoch desc, sequence desc, event_id desc);
create index listed_media_by_kind on read_model_1.listed_media
  (instance_id, kind, occurred_at desc, epoch desc, sequence desc, event_id desc);
create index listed_media_by_status on read_model_1.listed_media
  (instance_id, status, occurred_at desc, epoch desc, sequence desc, event_id desc);
create index listed_media_by_reason on read_model_1.listed_media
  (instance_id, reason, occurred_at desc, epoch desc, sequence desc, event_id desc) where reason is not null;
create index listed_media_by_chat on read_model_1.listed_media
  (instance_id, chat_id, occurred_at desc, epoch desc, sequence desc, event_id desc);

create view listed_chats as select * from read_model_1.listed_chats;
create view listed_contacts as select * from read_model_1.listed_contacts;
create view listed_media as select * from read_model_1.listed_media;

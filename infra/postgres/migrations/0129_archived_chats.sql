-- Whether a listed chat is archived, so that the list can be asked for either: made anew from chat_states in the statement that changes one of them,
-- or lists a chat under another address. Other triggers than those that list the chats, which stay as they are.
alter table read_model_1.listed_chats add column archived boolean not null default false;

create function read_model_1.list_archived(instances text[], addresses text[]) returns void
language plpgsql as $$
begin
  with said as materialized (
    select a.instance_id, a.address, coalesce(last.archived, false) as archived
    from read_model_1.listed_as(instances, addresses) a
    left join lateral (
      select (s.facts -> 'archived' ->> 'v')::boolean as archived
      from read_model_1.listed_under(a.instance_id, a.address) as own(address)
      join read_model_1.chat_states s on s.instance_id = a.instance_id and s.chat_id = own.address
      where s.facts ? 'archived'
      order by (s.facts -> 'archived' ->> 'e')::bigint desc, (s.facts -> 'archived' ->> 's')::bigint desc, s.chat_id limit 1) last on true)
  update read_model_1.listed_chats l set archived = s.archived
  from said s where l.instance_id = s.instance_id and l.chat_id = s.address and l.archived <> s.archived;
end $$;

create function read_model_1.chat_states_written() returns trigger language plpgsql as $$
begin
  if exists (select from written) then
    perform read_model_1.list_archived(array_agg(w.instance_id), array_agg(w.chat_id)) from written w;
  end if;
  return null;
end $$;

-- Of a new address, behind the trigger that lists its chat: triggers go by their names.
create function read_model_1.address_pairs_archived() returns trigger language plpgsql as $$
begin
  if exists (select from written) then
    perform read_model_1.list_archived(array_agg(w.instance_id), array_agg(w.pn)) from written w;
  end if;
  return null;
end $$;

create trigger chat_states_inserted after insert on read_model_1.chat_states
  referencing new table as written for each statement execute function read_model_1.chat_states_written();
create trigger chat_states_updated after update on read_model_1.chat_states
  referencing new table as written for each statement execute function read_model_1.chat_states_written();
create trigger listed_chats_inserted after insert on read_model_1.listed_chats
  referencing new table as written for each statement execute function read_model_1.chat_states_written();
create trigger address_pairs_inserted_then after insert on read_model_1.address_pairs
  referencing new table as written for each statement execute function read_model_1.address_pairs_archived();

create or replace view listed_chats as select * from read_model_1.listed_chats;

-- What a phone shares of the time before it was linked: its topic, and its messages among the others.

-- No released version has the topic: its first record is where everybody begins. A process of the version before goes on beside this: it writes
-- the offsets of its own topics into the object that is there.
update projection_checkpoints set offsets = '{"history": "0"}'::jsonb || offsets
where projection in ('read-model', 'webhook-stream') and not offsets ? 'history';

-- A default that is one value for all rows is no rewrite of the table.
alter table read_model_1.messages
  add column from_history boolean not null default false,
  -- Its place among the messages of the notification that told of it; what comes by itself is alone there.
  add column ordinal bigint not null default 0,
  -- The phone's own number of it in its chat.
  add column message_order bigint;
create or replace view messages as select * from read_model_1.messages;

-- Of two equal ones the first that this device heard itself counts.
alter table read_model_1.message_receipts add column from_history boolean not null default false;
create or replace view message_receipts as select * from read_model_1.message_receipts;

alter table read_model_1.listed_media add column ordinal bigint not null default 0;
create or replace view listed_media as select * from read_model_1.listed_media;

-- Messages that a better copy takes the place of: those of history, and those that could not be read. Made from the rows of messages, as what
-- lists are read from: of most messages there is nothing here, so that looking costs next to nothing.
create table read_model_1.provisional_messages (
  event_id text primary key,
  instance_id text not null,
  message_id text not null,
  chat_id text,
  sender_id text
);
-- One key of both parts: no other index fits the expression. A plan from the time the table was empty, which takes any index that fits, would
-- otherwise walk over all rows of an instance.
create index provisional_messages_ids on read_model_1.provisional_messages ((instance_id || ' ' || message_id));
create index provisional_messages_chats on read_model_1.provisional_messages ((instance_id || ' ' || chat_id));
create index provisional_messages_senders on read_model_1.provisional_messages ((instance_id || ' ' || sender_id));
-- Of what a purge erases: each bite by itself.
create index provisional_messages_of on read_model_1.provisional_messages (instance_id);
insert into read_model_1.provisional_messages
  select event_id, instance_id, message_id, chat_id, sender_id from read_model_1.messages where undecryptable is not null;
create view provisional_messages as select * from read_model_1.provisional_messages;

create or replace function read_model_1.messages_written() returns trigger language plpgsql as $$
begin
  if exists (select from written where media is not null) then
    insert into read_model_1.listed_media
      (event_id, instance_id, chat_id, kind, status, reason, occurred_at, epoch, sequence, changed_by_event, ordinal)
    select w.event_id, w.instance_id, w.chat_id, w.kind, coalesce(f.status, case when w.from_history then 'skipped' else 'pending' end), f.reason,
      w.occurred_at, w.epoch, w.sequence, coalesce(f.changed_by_event, w.event_id), w.ordinal
    from written w left join read_model_1.media f on f.source_event_id = w.event_id
    where w.media is not null
    on conflict (event_id) do nothing;
  end if;
  if exists (select from written where from_history or undecryptable is not null) then
    insert into read_model_1.provisional_messages (event_id, instance_id, message_id, chat_id, sender_id)
    select w.event_id, w.instance_id, w.message_id, w.chat_id, w.sender_id from written w where w.from_history or w.undecryptable is not null
    on conflict (event_id) do nothing;
  end if;
  return null;
end $$;

-- A message whose better copy is there is listed no more.
create function read_model_1.messages_deleted() returns trigger language plpgsql as $$
begin
  delete from read_model_1.provisional_messages where event_id = any(array(select g.event_id from gone g));
  delete from read_model_1.listed_media where event_id = any(array(select g.event_id from gone g where g.media is not null));
  return null;
end $$;
create trigger messages_deleted after delete on read_model_1.messages
  referencing old table as gone for each statement execute function read_model_1.messages_deleted();

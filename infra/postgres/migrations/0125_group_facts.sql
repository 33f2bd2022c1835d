-- What is known of a group, field by field, and who is in it. No version that was released wrote a row of groups.

-- Facts are {field: {"v": value, "e": epoch, "s": sequence}}. Of each field the one with the greater (epoch, sequence); of equal ones the old one.
create or replace function read_model_1.newer_facts(old jsonb, new jsonb) returns jsonb
language sql immutable parallel safe as $$
  select coalesce(old, '{}') || coalesce((
    select jsonb_object_agg(said.key, said.value) from jsonb_each(new) said
    where not coalesce(old, '{}') ? said.key
      or ((said.value -> 'e')::bigint, (said.value -> 's')::bigint) > ((old -> said.key -> 'e')::bigint, (old -> said.key -> 's')::bigint)), '{}')
$$;

alter table read_model_1.groups
  -- What it is called is in facts, too; null: not known.
  alter column subject drop not null,
  add column facts jsonb not null default '{}',
  -- Of the last event that told everybody in it: who was not in that, and was not heard of since, is not in it.
  -- Without one the least: history's epochs are below 0.
  add column list_epoch bigint not null default -9007199254740991,
  add column list_sequence bigint not null default -1,
  -- Follows from group_participants.
  add column participant_count integer not null default 0;
update read_model_1.groups set facts = jsonb_build_object('subject', jsonb_build_object('v', subject, 'e', epoch, 's', sequence));
create index groups_by_time on read_model_1.groups (instance_id, updated_at desc, epoch desc, sequence desc, group_id desc);
create or replace view groups as select * from read_model_1.groups;

-- One row per address under which somebody was said to be in a group, or not any more; queries put the addresses of one person together.
create table read_model_1.group_participants (
  instance_id text not null,
  group_id text not null,
  participant_id text not null,
  -- null: not said, as of who left.
  role text,
  role_epoch bigint not null,
  role_sequence bigint not null,
  -- By the greatest (epoch, sequence); it holds unless the group's list is newer.
  is_in boolean not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, group_id, participant_id)
);
-- Groups in which somebody may turn out to be another's second address.
create index group_participants_by_number on read_model_1.group_participants (instance_id, participant_id)
  where participant_id like '%@s.whatsapp.net';
create view group_participants as select * from read_model_1.group_participants;

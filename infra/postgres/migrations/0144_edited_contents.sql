-- What an edit says beside its text: of an event its new place and time, and whether it was called off. A table of its own, so that how many edits
-- of texts alone there are costs nothing. Kept whether or not their message was projected yet.
create table read_model_1.message_edited_contents (
  event_id text primary key,
  instance_id text not null,
  chat_id text,
  sender_id text,
  from_me boolean not null,
  target_message_id text not null,
  interactive text not null,
  location jsonb,
  occurred_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null
);
create index message_edited_contents_last on read_model_1.message_edited_contents
  (instance_id, target_message_id, chat_id, sender_id, occurred_at desc, epoch desc, sequence desc);
create index message_edited_contents_last_own on read_model_1.message_edited_contents
  (instance_id, target_message_id, chat_id, occurred_at desc, epoch desc, sequence desc) where from_me;
create view message_edited_contents as select * from read_model_1.message_edited_contents;

-- What a message belongs to: its album, the event that it answers, the post that it comments.

alter table read_model_1.messages add column parent_message_id text;

create or replace view messages as select * from read_model_1.messages;

-- A version 2 of the read model for tests: the tables of version 1 once more, with its functions and triggers.
create schema read_model_2;

create table read_model_2.instances (like read_model_1.instances including all);
create table read_model_2.address_pairs (like read_model_1.address_pairs including all);
create table read_model_2.contacts (like read_model_1.contacts including all);
create table read_model_2.groups (like read_model_1.groups including all);
create table read_model_2.group_participants (like read_model_1.group_participants including all);
create table read_model_2.calls (like read_model_1.calls including all);
create table read_model_2.labels (like read_model_1.labels including all);
create table read_model_2.label_links (like read_model_1.label_links including all);
create table read_model_2.channels (like read_model_1.channels including all);
create table read_model_2.blocks (like read_model_1.blocks including all);
create table read_model_2.chats (like read_model_1.chats including all);
create table read_model_2.messages (like read_model_1.messages including all);
create table read_model_2.message_edits (like read_model_1.message_edits including all);
create table read_model_2.message_edited_contents (like read_model_1.message_edited_contents including all);
create table read_model_2.message_revokes (like read_model_1.message_revokes including all);
create table read_model_2.message_reactions (like read_model_1.message_reactions including all);
create table read_model_2.message_receipts (like read_model_1.message_receipts including all);
create table read_model_2.poll_votes (like read_model_1.poll_votes including all);
create table read_model_2.event_answers (like read_model_1.event_answers including all);
create table read_model_2.message_pins (like read_model_1.message_pins including all);
create table read_model_2.message_stars (like read_model_1.message_stars including all);
create table read_model_2.message_deletions (like read_model_1.message_deletions including all);
create table read_model_2.chat_states (like read_model_1.chat_states including all);
create table read_model_2.media (like read_model_1.media including all);
create table read_model_2.listed_chats (like read_model_1.listed_chats including all);
create table read_model_2.listed_contacts (like read_model_1.listed_contacts including all);
create table read_model_2.listed_media (like read_model_1.listed_media including all);
create table read_model_2.provisional_messages (like read_model_1.provisional_messages including all);

do $$
declare
  made text;
begin
  for made in select pg_get_functiondef(oid) from pg_proc where pronamespace = 'read_model_1'::regnamespace order by oid loop
    execute replace(made, 'read_model_1', 'read_model_2');
  end loop;
  for made in
    select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'read_model_1'::regnamespace and not t.tgisinternal
  loop
    execute replace(made, 'read_model_1', 'read_model_2');
  end loop;
end $$;

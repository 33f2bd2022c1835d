-- Messages that could not be read are found by one key each, of both of its parts. No other index fits the expression: a plan from the time
-- the table was empty, which takes any index that fits, would otherwise walk over all messages of an instance.
drop index read_model_1.messages_undecryptable;
create index messages_undecryptable on read_model_1.messages ((instance_id || ' ' || message_id)) where undecryptable is not null;
create index messages_undecryptable_chats on read_model_1.messages ((instance_id || ' ' || chat_id)) where undecryptable is not null;
create index messages_undecryptable_senders on read_model_1.messages ((instance_id || ' ' || sender_id)) where undecryptable is not null;

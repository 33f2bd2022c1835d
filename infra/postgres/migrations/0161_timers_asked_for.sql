-- The timer of a chat that was asked for last is looked for whenever something is written there.
create index commands_of_timers on commands (instance_id, chat_id, asked_at) where operation = 'chat.timer';

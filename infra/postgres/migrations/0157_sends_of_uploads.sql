-- The upload whose file a command sends; null: it sends none.
alter table commands add column upload_id text;
create index commands_of_upload on commands (instance_id, upload_id, asked_at desc) where upload_id is not null;

-- When a message with it was with WhatsApp, which is remembered for longer than its command; null: none was.
alter table uploads add column sent_at timestamptz;

-- First messages wait for turns of their own: whoever looks for what needs none reads nothing of them.
drop index commands_unpaced;
create index commands_unpaced on commands (instance_id, chat_id)
  where state in ('accepted', 'sending', 'ending') and not is_paced and not is_first;
create index commands_first on commands (instance_id, chat_id) where state in ('accepted', 'sending', 'ending') and is_first;

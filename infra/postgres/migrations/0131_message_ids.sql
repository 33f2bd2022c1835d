-- Messages are looked for by their id among all of an instance. Of indexes that cost the same, as all do of an empty table, Postgres takes the newest,
-- and keeps the plan: it has to be this one, or the first account's history would walk over all of its messages until the table is analysed.
-- Where there are messages, it has been, and nothing is made anew.
do $$
begin
  if not exists (select from read_model_1.messages) then
    drop index read_model_1.messages_by_message_id;
    create index messages_by_message_id on read_model_1.messages (instance_id, message_id);
  end if;
end $$;

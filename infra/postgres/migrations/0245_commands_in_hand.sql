-- beside: none
-- A command may be in the hands of whoever holds its account from its acceptance on. Whether none of its lane waits before it is asked behind its record,
-- of the rows as they are then. One that somebody is changing at this moment counts as it was.
create function command_goes_first(of_instance text, of_lane text, before_place bigint) returns boolean
language plpgsql volatile as $$
begin
  return not exists (
    select from commands c where c.instance_id = of_instance and c.chat_id = of_lane and c.place < before_place
      and c.state in ('accepted', 'sending', 'ending'));
end $$;

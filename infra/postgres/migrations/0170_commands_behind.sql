-- Whether one of its lane waits before a command that is accepted in the statement that appends its record. It looks at the rows as they are then, and
-- holds the one that it finds until the commit, so that whoever ends that one finds this one behind it. false: none, or those that there are change
-- at this moment, which nobody waits for: what is in front is told by their places, too.
create function command_comes_behind(of_instance text, of_lane text, before_place bigint) returns boolean
language plpgsql volatile as $$
begin
  perform from commands c
    where c.instance_id = of_instance and c.chat_id = of_lane and c.place < before_place and c.state in ('accepted', 'sending', 'ending')
    order by c.place desc limit 1 for share skip locked;
  return found;
end $$;

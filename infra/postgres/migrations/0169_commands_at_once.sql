-- A command is accepted in the statement that appends its record. Both functions look at the rows as they are when they are called, and not when
-- that statement began: before its record, whoever asks with the same key waits for who asked first; behind it, the partition is locked.

-- false: it was asked for with another digest, or is accepted already.
create function command_may_be_asked(of_instance text, of_command text, with_digest text) returns boolean
language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(of_command, 0));
  return not exists (
    select from commands c where c.instance_id = of_instance and c.command_id = of_command
      and (c.state <> 'asked' or c.digest <> with_digest));
end $$;

-- Others in its lane whose records may come before `place` in the log: the projection of commands accepts these, and what comes after them.
create function command_waits_behind_asked(of_instance text, of_lane text, of_command text, place bigint) returns boolean
language plpgsql volatile as $$
begin
  return exists (
    select from commands c where c.instance_id = of_instance and c.state = 'asked' and c.chat_id = of_lane and c.command_id <> of_command);
end $$;

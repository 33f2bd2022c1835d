-- Once the log has moved to Kafka, a process that was started before it, and comes back, must change nothing that follows from the log: its
-- records would name schemas as this database's registry does, and its positions would be those of a log that nobody reads. Sessions say which log
-- they work with (zaplog.log); until the move nothing is asked of them, and nothing costs anything.

create function refuse_before_move() returns trigger language plpgsql as $$
begin
  raise exception 'the log of this database is in Kafka, and this process was started before it moved there'
    using errcode = 'ZL002', hint = 'stop it, and start it with KAFKA_BROKERS; by hand: set zaplog.log to kafka';
end $$;

-- What is owed to the log, what is done of it, who holds an account, and the partitions that are no longer here.
create trigger refuse_before_move before insert on api_outbox
  for each statement when (current_setting('zaplog.log', true) is distinct from 'kafka') execute function refuse_before_move();
create trigger refuse_before_move before insert on projection_outbox
  for each statement when (current_setting('zaplog.log', true) is distinct from 'kafka') execute function refuse_before_move();
create trigger refuse_before_move before insert on webhook_outbox
  for each statement when (current_setting('zaplog.log', true) is distinct from 'kafka') execute function refuse_before_move();
create trigger refuse_before_move before insert on webhook_waiting
  for each statement when (current_setting('zaplog.log', true) is distinct from 'kafka') execute function refuse_before_move();
create trigger refuse_before_move before update on projection_checkpoints
  for each statement when (current_setting('zaplog.log', true) is distinct from 'kafka') execute function refuse_before_move();
create trigger refuse_before_move before update on log_progress
  for each statement when (current_setting('zaplog.log', true) is distinct from 'kafka') execute function refuse_before_move();
create trigger refuse_before_move before insert or update of epoch on instance_owners
  for each statement when (current_setting('zaplog.log', true) is distinct from 'kafka') execute function refuse_before_move();
create trigger refuse_before_move before insert on log_partitions
  for each statement when (current_setting('zaplog.log', true) is distinct from 'kafka') execute function refuse_before_move();

create function fence_moved_log(fenced boolean) returns void language plpgsql as $$
declare
  fenced_table regclass;
begin
  for fenced_table in select tgrelid from pg_trigger where tgname = 'refuse_before_move' loop
    execute format('alter table %s %s trigger refuse_before_move', fenced_table, case when fenced then 'enable' else 'disable' end);
  end loop;
end $$;

-- Waits for whoever is within a transaction on one of these tables; of later ones each statement is asked.
select fence_moved_log(exists (select from log_moves where moved_at is not null));

-- beside: none
-- Which processes a migration leaves running: those that know the one of this number, or a later one; 0: all. What was applied before this, or says
-- nothing, leaves those that know it. Whoever applies migrations says it of each in its session, so that it is committed with them.

alter table zaplog_migrations add column runs_from integer;
update zaplog_migrations set runs_from = substring(name from '^\d+')::integer;

create function note_runs_from() returns trigger language plpgsql as $$
begin
  new.runs_from := coalesce(
    (nullif(current_setting('zaplog.runs_from', true), '')::jsonb ->> new.name)::integer, substring(new.name from '^\d+')::integer);
  return new;
end $$;
create trigger note_runs_from before insert on zaplog_migrations for each row execute function note_runs_from();

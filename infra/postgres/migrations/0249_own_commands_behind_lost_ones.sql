-- beside: all
-- Of a database that went back to an earlier state before all commands of a lost one were told: those up to here are of the lost one, those behind it are
-- its own. Null: as is_older says it of all of them.
alter table commands_begin add column own_from bigint;

-- A database that was restored from a backup while its log went on: how far topic events was looked through for what this database cannot have
-- forgotten, and whether its commands are those of an older state of itself, and not of another database. Of a log that was met before nothing new is said.
alter table commands_begin add column seen_end bigint not null default 0, add column is_older boolean not null default false;
update commands_begin set seen_end = outcomes_end;

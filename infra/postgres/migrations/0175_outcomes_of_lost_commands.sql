-- What came of commands that were accepted under a database that is lost: where the log says it, it is in topic events, before `outcomes_end`; what is read
-- of that so far; and whether all others are told as unknown.
alter table commands_begin add column outcomes_next bigint not null default 0, add column outcomes_end bigint not null default 0,
  add column is_told boolean not null default false;

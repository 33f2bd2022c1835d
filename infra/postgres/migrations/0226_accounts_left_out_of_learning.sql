-- Of a database that is older than its log: what came of all commands is learnt but of accounts that the projection leaves out, and others go on.
alter table commands_begin add column is_open boolean not null default false;

-- Another one of its chat comes before it; false: it is the first of them, or nobody has looked yet.
alter table commands add column is_behind boolean not null default false;
-- Why one is put off, until due_at; null: it never was.
alter table commands add column waits_for text;

-- Whoever looks for what may go next reads the first of each chat alone, and of these only those that may go: what needs no turn, what waits for one and
-- first messages apart, what was never put off apart from what is due again.
create index commands_heads on commands (instance_id, is_first, is_paced, due_at, place)
  where state in ('accepted', 'sending', 'ending') and not is_behind;
create index commands_heads_late on commands (instance_id, expires_at)
  where state in ('accepted', 'sending', 'ending') and not is_behind and (is_paced or is_first);
drop index commands_unpaced;
drop index commands_first;

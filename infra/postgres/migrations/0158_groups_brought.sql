-- Who brought a group is looked for among the commands that may have, not among all that are done.
create index commands_bringing_groups on commands (instance_id) where state = 'completed' and operation in ('group.create', 'group.join');

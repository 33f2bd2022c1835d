-- A number stays taken, and is not said to be a command's once that is forgotten: its key is new again then.
alter table label_numbers alter column command_id drop not null;

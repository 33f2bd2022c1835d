-- The numbers of labels that zaplog was asked to make: two that are asked for at one moment are two.
create table label_numbers (
  instance_id text not null references instance_ids,
  label_id text not null,
  command_id text not null,
  primary key (instance_id, label_id),
  unique (instance_id, command_id)
);

-- What each group is called, as last said: by the greatest (epoch, sequence).
create table groups (
  instance_id text not null,
  group_id text not null,
  subject text not null,
  updated_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, group_id)
);

-- Records that an earlier version projected while it had no type for what is in them: the read model reads them once more.
-- Filled from where it is when this is applied: what a process of the version before writes beside this one afterwards is not read again. A database that has not run yet reads nothing again.
create table rereads (
  projection text not null,
  version integer not null,
  partition integer not null,
  -- Of topic events: [next_offset, until_offset) is still to be read.
  next_offset bigint not null,
  until_offset bigint not null,
  primary key (projection, version, partition)
);

insert into rereads (projection, version, partition, next_offset, until_offset)
select projection, version, partition, 0, (offsets ->> 'events')::bigint from projection_checkpoints
where projection = 'read-model' and version = 1 and (offsets ->> 'events')::bigint > 0;

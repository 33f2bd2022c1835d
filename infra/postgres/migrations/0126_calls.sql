-- Calls: who called is what the first step says, and the status is the furthest of all steps, in whichever order they come.
create table read_model_1.calls (
  instance_id text not null,
  call_id text not null,
  chat_id text,
  sender_id text,
  from_me boolean not null,
  group_id text,
  is_group boolean not null,
  video boolean,
  status text not null,
  -- offer 1, ringing 2, accepted 3, ended 4, rejected 5, missed 5: these stay so once it is over. What is newer than this version 0.
  rank integer not null,
  started_at timestamptz not null,
  updated_at timestamptz not null,
  ended_at timestamptz,
  duration_seconds integer,
  -- Of the first step, as started_at.
  epoch bigint not null,
  sequence bigint not null,
  -- Of the step that the status is from.
  status_at timestamptz not null,
  status_epoch bigint not null,
  status_sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, call_id)
);
create index calls_by_time on read_model_1.calls (instance_id, started_at desc, epoch desc, sequence desc, call_id desc);
create index calls_by_status on read_model_1.calls (instance_id, status, started_at desc, epoch desc, sequence desc, call_id desc);
create view calls as select * from read_model_1.calls;

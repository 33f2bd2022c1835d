-- A phone is to be linked by a code that is typed on it: the API asks the owner of the instance for one, and the owner answers.
-- The number and the code are sealed. Neither outlives its time by anything but a row that nobody reads.
create table pairing_requests (
  instance_id text primary key references instance_ids,
  request_id text not null,
  sealed bytea not null,
  expires_at timestamptz not null
);

create table pairing_codes (
  instance_id text primary key references instance_ids,
  epoch bigint not null,
  -- The request that it answers.
  request_id text not null,
  sealed bytea not null,
  expires_at timestamptz not null
);

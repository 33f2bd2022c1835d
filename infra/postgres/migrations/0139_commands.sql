-- What clients asked accounts to do, from the asking on until some time after its end.
create table commands (
  instance_id text not null,
  command_id text not null,
  -- Of what the client wrote: the same key with another one is refused.
  digest text not null,
  state text not null default 'asked',
  asked_at timestamptz not null default now(),
  -- What its record says, which is made of this row again where the same is asked for again.
  event_id text not null,
  operation text not null,
  chat_id text not null,
  message_id text not null,
  body jsonb,
  expires_at timestamptz not null,
  -- Of its record in the log; null: that is not projected yet.
  place bigint,
  -- It waits for a turn of the account's pace; false: it needs none, or has had it.
  is_paced boolean not null default true,
  -- By who holds the account.
  epoch bigint,
  tries integer not null default 0,
  due_at timestamptz,
  -- What is sent, sealed: made once, before the first try.
  built bytea,
  outcome jsonb,
  ended_at timestamptz,
  primary key (instance_id, command_id)
);

create index commands_waiting on commands (instance_id, chat_id, place) where state in ('accepted', 'sending', 'ending');
create index commands_unpaced on commands (instance_id, chat_id) where state in ('accepted', 'sending', 'ending') and not is_paced;
create index commands_by_message on commands (instance_id, message_id) where built is not null;
create index commands_by_expiry on commands (expires_at) where state in ('accepted', 'sending', 'ending');
create index commands_listed on commands (instance_id, state, asked_at desc, command_id desc);
-- Of these alone, so that no list of commands is read by it: it has those of all accounts.
create index commands_old on commands (asked_at) where state in ('asked', 'completed', 'failed');

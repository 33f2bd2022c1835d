-- Messages that clients work on, from the start until some time after the end.
create sequence processing_starts;

create table processing_sessions (
  session_id text primary key,
  instance_id text not null,
  chat_id text not null,
  chat_pn text,
  message_id text not null,
  process_type text,
  -- Of the message, what names it to phones: whose it is.
  target jsonb not null,
  -- Another one with each start, for ever: ids of what is told and sent of it follow from it.
  start_number bigint not null default nextval('processing_starts'),
  -- In whole milliseconds: a page of the list begins there.
  started_at timestamptz not null default date_trunc('milliseconds', now()),
  timeout_at timestamptz not null,
  -- By who holds the account: how many signs it had, and when the next one is due.
  signs integer not null default 0,
  sign_at timestamptz not null default now(),
  ended_at timestamptz,
  status text,
  -- Until the command that sends it is accepted; the digest stays, so that the same end is known again.
  text text,
  text_digest text,
  -- Once its last sign and its text are commands.
  told_at timestamptz,
  sign_command_id text,
  text_command_id text
);

create index processing_running on processing_sessions (instance_id, started_at, session_id) where ended_at is null;
create index processing_late on processing_sessions (timeout_at) where ended_at is null;
create index processing_untold on processing_sessions (ended_at) where ended_at is not null and told_at is null;
create index processing_listed on processing_sessions (instance_id, started_at desc, session_id desc);
create index processing_old on processing_sessions (told_at) where told_at is not null;

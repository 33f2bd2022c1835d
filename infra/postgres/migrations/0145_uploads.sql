-- Files that clients give to be sent: asked for, brought, prepared by the role processors, and what became of each.
create table uploads (
  upload_id text primary key,
  instance_id text not null,
  -- Of what the client wrote: the same key with another one is refused.
  digest text not null,
  state text not null,
  -- upload, url or object; the place of the latter two is sealed: a URL may carry credentials.
  source text not null,
  sealed_place bytea,
  kind text not null,
  chat_id text,
  caption text,
  -- As the client said it; null: it did not.
  file_name text,
  mimetype text,
  size_bytes bigint,
  -- Where the client's bytes go. What is prepared of them has a key that follows from it.
  incoming_key text not null,
  reason text,
  reason_text text,
  -- What is sent, once it is ready.
  file jsonb,
  thumbnail bytea,
  -- Of the last command that sends it, and how many there were.
  command_id text,
  message_id text,
  sends integer not null default 0,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  confirmed_at timestamptz,
  ended_at timestamptz,
  -- By who prepares it now: a word of its own for each time, and until when it is believed.
  claim text,
  claimed_until timestamptz,
  claims integer not null default 0,
  due_at timestamptz not null default now()
);

create index uploads_listed on uploads (instance_id, asked_at desc, upload_id desc);
create index uploads_processing on uploads (instance_id, due_at) where state = 'processing';
create index uploads_in_hand on uploads (instance_id, claimed_until) where state = 'processing' and claim is not null;
create index uploads_unconfirmed on uploads (expires_at) where state = 'pending';
create index uploads_old on uploads (asked_at);

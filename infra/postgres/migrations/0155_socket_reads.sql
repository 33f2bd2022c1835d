-- What only WhatsApp knows: the API asks whoever holds the account, and the answer is kept for as long as somebody may want it.
create table socket_reads (
  instance_id text not null references instance_ids,
  kind text not null,
  -- A person, a number or a group.
  subject text not null,
  -- Of the question that is to be answered; null: there is none.
  asked_at timestamptz,
  asked_until timestamptz,
  -- What came back last; null: nothing yet.
  answer jsonb,
  answered_at timestamptz,
  -- Of the answer; while there is none, of the question.
  expires_at timestamptz not null,
  primary key (instance_id, kind, subject)
);

create index socket_reads_asked on socket_reads (instance_id, asked_until) where asked_until is not null;
create index socket_reads_old on socket_reads (expires_at);

-- Who got a first message of an account, and when: a message to somebody who never wrote, and was never written to, waits for a turn of its own.
create table first_contacts (
  instance_id text not null,
  chat_id text not null,
  at timestamptz not null default now(),
  primary key (instance_id, chat_id)
);

create index first_contacts_at on first_contacts (instance_id, at);

-- Nobody in its chat has written to the other before it; false: somebody has, or it is nobody's first message any more.
alter table commands add column is_first boolean not null default false;

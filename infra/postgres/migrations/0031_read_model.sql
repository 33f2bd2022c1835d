-- The read model: what the log says, as rows. It can be deleted and read again from the log at any time.
-- Every row is a first copy or a maximum, so that any interleaving of topics gives the same rows; changed_by_event names the event
-- that gave the row its present form. Stamps (occurred_at, epoch, sequence) order events of one kind.

create table instances (
  instance_id text primary key,
  name text,
  settings jsonb not null default '{}',
  state text not null default 'created',
  reason text,
  reason_text text,
  state_at timestamptz,
  state_epoch bigint not null default -1,
  state_sequence bigint not null default -1,
  phone text,
  lid text,
  phone_epoch bigint not null default -1,
  phone_sequence bigint not null default -1,
  -- The greatest one seen.
  epoch bigint not null default 0,
  created_at timestamptz,
  deleted_at timestamptz,
  purged boolean not null default false,
  changed_by_event text not null
);

-- Which LID and phone-number JID are one person. Pairs are only ever added.
create table address_pairs (
  instance_id text not null,
  lid text not null,
  pn text not null,
  occurred_at timestamptz not null,
  changed_by_event text not null,
  primary key (instance_id, lid, pn)
);
create index address_pairs_pn on address_pairs (instance_id, pn);

-- One row per address under which a contact was spoken of; queries put the addresses of one person together.
create table contacts (
  instance_id text not null,
  contact_id text not null,
  name text,
  name_epoch bigint not null,
  name_sequence bigint not null,
  push_name text,
  push_name_epoch bigint not null,
  push_name_sequence bigint not null,
  updated_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, contact_id)
);

-- One row per address under which a chat was spoken of; queries put the addresses of one chat together.
create table chats (
  instance_id text not null,
  chat_id text not null,
  is_group boolean not null,
  last_message_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, chat_id)
);

create table messages (
  event_id text primary key,
  instance_id text not null,
  chat_id text,
  chat_pn text,
  sender_id text,
  sender_pn text,
  message_id text not null,
  from_me boolean not null,
  epoch bigint not null,
  sequence bigint not null,
  kind text not null,
  sender_name text,
  is_group boolean not null,
  -- The current one: as sent, or as last edited.
  text text,
  quoted_message_id text,
  mentions jsonb,
  forwarded boolean,
  view_once boolean,
  expires_in_seconds integer,
  source text,
  command_id text,
  location jsonb,
  contacts jsonb,
  poll jsonb,
  interactive text,
  -- What the message says about its file; what became of the file is in the table media.
  media jsonb,
  -- Why it could not be read. The row goes away when the good copy comes.
  undecryptable text,
  occurred_at timestamptz not null,
  edited_at timestamptz,
  revoked_at timestamptz,
  changed_by_event text not null,
  search tsvector generated always as (to_tsvector('simple', left(coalesce(text, ''), 100000))) stored
);
create index messages_by_time on messages (instance_id, occurred_at desc, event_id desc);
create index messages_by_chat on messages (instance_id, chat_id, occurred_at desc, event_id desc);
create index messages_by_message_id on messages (instance_id, message_id);
create index messages_with_media on messages (instance_id, occurred_at desc, event_id desc) where media is not null;
create index messages_undecryptable on messages (instance_id) where undecryptable is not null;
create index messages_search on messages using gin (search);

-- Kept whether or not their message was projected yet.
create table message_edits (
  event_id text primary key,
  instance_id text not null,
  chat_id text,
  sender_id text,
  from_me boolean not null,
  target_message_id text not null,
  text text,
  occurred_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null
);
create index message_edits_target on message_edits (instance_id, target_message_id);
create index message_edits_chat on message_edits (instance_id, chat_id);
create index message_edits_sender on message_edits (instance_id, sender_id);

create table message_revokes (
  event_id text primary key,
  instance_id text not null,
  chat_id text,
  sender_id text,
  from_me boolean not null,
  target_message_id text not null,
  -- Whose message a group admin revoked.
  target_sender_id text,
  occurred_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null
);
create index message_revokes_target on message_revokes (instance_id, target_message_id);
create index message_revokes_chat on message_revokes (instance_id, chat_id);
create index message_revokes_sender on message_revokes (instance_id, sender_id);
create index message_revokes_target_sender on message_revokes (instance_id, target_sender_id);

-- The last word of each sender; an empty emoji took the reaction back.
create table message_reactions (
  instance_id text not null,
  target_message_id text not null,
  chat_id text not null,
  sender_id text not null,
  emoji text not null,
  occurred_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, target_message_id, chat_id, sender_id)
);

-- How far a message got with each participant; participant_id is empty where the server itself answered.
create table message_receipts (
  instance_id text not null,
  message_id text not null,
  chat_id text not null,
  participant_id text not null,
  status text not null,
  -- server 1, error 2, delivered 3, read 4, played 5; what is newer than this version 0.
  rank integer not null,
  occurred_at timestamptz not null,
  changed_by_event text not null,
  primary key (instance_id, message_id, chat_id, participant_id)
);

-- What became of each file. The greatest (round, rank) wins, so that the topics may come in any order.
create table media (
  source_event_id text primary key,
  instance_id text not null,
  round integer not null,
  -- refreshed 0, downloaded 1, failed 2, stored 3, expired 4.
  rank integer not null,
  status text not null,
  kind text not null,
  mimetype text,
  file_name text,
  width integer,
  height integer,
  duration_seconds integer,
  pages integer,
  size_bytes bigint,
  sha256 text,
  sha256_matches boolean,
  incoming_key text,
  key text,
  extension text,
  thumbnail_key text,
  stage text,
  reason text,
  retryable boolean,
  attempts integer,
  detail text,
  occurred_at timestamptz not null,
  changed_by_event text not null
);

-- Both are the same address, or one person's two. Never turns from true to false, because pairs are only added.
create function same_address(of_instance text, one text, other text) returns boolean
language sql stable as $$
  select one = other or exists (
    select from address_pairs p
    where p.instance_id = of_instance and ((p.lid = one and p.pn = other) or (p.lid = other and p.pn = one)))
$$;

-- The LID of a phone-number JID where it is known, else the address itself.
create function canonical_address(of_instance text, address text) returns text
language sql stable as $$
  select coalesce((
    select p.lid from address_pairs p
    where p.instance_id = of_instance and p.pn = address
    order by p.occurred_at desc, p.lid desc limit 1), address)
$$;

-- The phone-number JID of a LID where it is known.
create function phone_address(of_instance text, address text) returns text
language sql stable as $$
  select p.pn from address_pairs p
  where p.instance_id = of_instance and p.lid = canonical_address(of_instance, address)
  order by p.occurred_at desc, p.pn desc limit 1
$$;

-- The address and every other one known to be the same person's.
create function addresses_of(of_instance text, address text) returns text[]
language sql stable as $$
  select array(
    select address
    union select p.pn from address_pairs p where p.instance_id = of_instance and p.lid = address
    union select p.lid from address_pairs p where p.instance_id = of_instance and p.pn = address)
$$;

-- What is said of messages and chats besides: votes, answers to events, pins, stars, deletions, and what the account does with its chats. Rows are
-- kept whether or not their message, or a message of their chat, was projected yet.

-- Before the table of messages, as a step takes them: one of an earlier release, which goes on beside this, is waited for, and nobody waits in a circle.
lock table read_model_1.address_pairs in share row exclusive mode;

-- The last choice of each voter; an empty one withdrew the vote.
create table read_model_1.poll_votes (
  instance_id text not null,
  target_message_id text not null,
  chat_id text not null,
  sender_id text not null,
  -- Who made the poll; empty: not said.
  target_sender_id text not null,
  from_me boolean not null,
  options jsonb not null,
  unknown_hashes jsonb not null,
  occurred_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, target_message_id, chat_id, sender_id, target_sender_id)
);

-- The last answer of each guest to an event.
create table read_model_1.event_answers (
  instance_id text not null,
  target_message_id text not null,
  chat_id text not null,
  sender_id text not null,
  from_me boolean not null,
  answer text not null,
  extra_guests integer,
  occurred_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, target_message_id, chat_id, sender_id)
);

-- Whether a message is pinned in its chat: the last word of anybody. target_sender_id, here and below: whose message it is; empty: not said.
-- Indexes by address are of one key of both parts, which nothing else fits: a plan from the time the table was empty, which takes any index that
-- fits, would otherwise look for a message among all that was said in its chat.
create table read_model_1.message_pins (
  instance_id text not null,
  target_message_id text not null,
  chat_id text not null,
  target_sender_id text not null,
  is_on boolean not null,
  -- null: no end was said.
  until_at timestamptz,
  occurred_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, target_message_id, chat_id, target_sender_id)
);
create index message_pins_chat on read_model_1.message_pins ((instance_id || ' ' || chat_id));
create index message_pins_target_sender on read_model_1.message_pins ((instance_id || ' ' || target_sender_id));

-- State of the account: the greatest (epoch, sequence) wins, whenever it is said to have been.
create table read_model_1.message_stars (
  instance_id text not null,
  target_message_id text not null,
  chat_id text not null,
  target_sender_id text not null,
  is_on boolean not null,
  occurred_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, target_message_id, chat_id, target_sender_id)
);
create index message_stars_chat on read_model_1.message_stars ((instance_id || ' ' || chat_id));
create index message_stars_target_sender on read_model_1.message_stars ((instance_id || ' ' || target_sender_id));

-- What the account deleted for itself alone: the first time that it is heard of.
create table read_model_1.message_deletions (
  instance_id text not null,
  target_message_id text not null,
  chat_id text not null,
  target_sender_id text not null,
  occurred_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, target_message_id, chat_id, target_sender_id)
);
create index message_deletions_chat on read_model_1.message_deletions ((instance_id || ' ' || chat_id));
create index message_deletions_target_sender on read_model_1.message_deletions ((instance_id || ' ' || target_sender_id));

-- One row per address under which something was said of a chat. facts: {field: {"v": value, "e": epoch, "s": sequence}}.
create table read_model_1.chat_states (
  instance_id text not null,
  chat_id text not null,
  facts jsonb not null,
  updated_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, chat_id)
);

-- What lists of messages are filtered by, and what was done to a message, is in its row; mark-messages.ts writes it. pinned_until is infinite
-- where no end was said.
alter table read_model_1.messages
  add column starred boolean,
  add column pinned_until timestamptz,
  add column deleted_at timestamptz;

create or replace view messages as select * from read_model_1.messages;
create view poll_votes as select * from read_model_1.poll_votes;
create view event_answers as select * from read_model_1.event_answers;
create view message_pins as select * from read_model_1.message_pins;
create view message_stars as select * from read_model_1.message_stars;
create view message_deletions as select * from read_model_1.message_deletions;
create view chat_states as select * from read_model_1.chat_states;

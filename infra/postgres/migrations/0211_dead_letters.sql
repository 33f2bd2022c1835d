-- The records of topic dead-letters, a row each, for whoever lists them: where each is, why it is there, and what became of it since.
create table dead_letters (
  dead_letter_id text primary key,
  source text not null,
  processor text not null,
  instance_id text not null,
  key text not null,
  event_id text,
  event_type text,
  -- The newest one of them in the topic, and how many there are: at least once.
  partition integer not null,
  "offset" bigint not null,
  copies integer not null default 1,
  origin_topic text not null,
  origin_partition integer not null,
  -- -1: it never had one.
  origin_offset bigint not null,
  error_code text not null,
  error_message text not null,
  attempts integer not null,
  failed_at timestamptz not null,
  state text not null default 'dead',
  redrives integer not null default 0,
  redriven_at timestamptz,
  -- While it is redriven: tries that ended, when the next one is due, and who has it until when.
  tries integer not null default 0,
  due_at timestamptz,
  claim text,
  claimed_until timestamptz
);
create index dead_letters_newest on dead_letters (failed_at desc, dead_letter_id desc);
create index dead_letters_instances on dead_letters (instance_id, failed_at desc, dead_letter_id desc);
create index dead_letters_redriving on dead_letters (processor, key, origin_topic, origin_offset) where state = 'redriving';
create index dead_letters_ended on dead_letters (partition, "offset") where state in ('redriven', 'discarded');

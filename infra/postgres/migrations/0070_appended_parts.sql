-- Parts of messages that are in the log: written with the step of the ratchet that read them, and asked when a part no longer decrypts.
-- Not rebuildable. Trimmed by age; the ring of 0.1.0 (auth_keys, sealed) moves here when its instance is opened.
create table appended_parts (
  instance_id text not null references instance_ids,
  -- 16 bytes of SHA-256 over the part's identity and ciphertext.
  digest bytea not null,
  appended_at timestamptz not null default now(),
  primary key (instance_id, digest)
);
create index appended_parts_age on appended_parts (appended_at);

-- Stanzas that the log refused for good in every form: acknowledged, because they are kept here, whole and sealed. For an operator to
-- look at and to delete; readiness names them until then. Not rebuildable.
create table kept_stanzas (
  instance_id text not null references instance_ids,
  -- Of the event it would have been.
  event_id text not null,
  -- What the log said.
  why text not null,
  sealed bytea not null,
  kept_at timestamptz not null default now(),
  primary key (instance_id, event_id)
);

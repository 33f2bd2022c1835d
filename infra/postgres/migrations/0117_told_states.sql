-- What was last appended of each thing that has a state, as a digest per field: {"subject": "…"}.
create table told_states (
  instance_id text not null,
  -- group, contact, chat …
  entity text not null,
  id text not null,
  digests jsonb not null,
  -- Rises with each write: in the ids of events, so that a value that comes again is told under another id.
  version bigint not null,
  primary key (instance_id, entity, id)
);

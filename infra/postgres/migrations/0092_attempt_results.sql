-- What came of a POST is kept first, alone, in the row of its attempt. What follows from it, and its event, are made from that row.
alter table webhook_attempts
  -- Whose result this is: where two made the same attempt, that of the first to keep it.
  add column token text,
  -- What its event has of the delivery; null: of an earlier version, which wrote the whole record into its outbox.
  add column envelope jsonb,
  -- What was decided to follow from it.
  add column follows jsonb,
  -- Whether that is done: the delivery's row, how the endpoint stands, and what the log is owed.
  add column is_concluded boolean not null default true;
-- Each is updated once, right after it was written.
alter table webhook_attempts set (fillfactor = 85);

-- The attempt whose row the record is made from; null: the record is here as it is.
alter table webhook_outbox
  add column delivery_id text,
  add column attempt integer;

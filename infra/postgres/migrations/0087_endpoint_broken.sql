-- Who answers 429, or 503 with Retry-After, is failing only where it was sent something that it did not take for another reason.

alter table webhook_endpoints
  -- The last failed attempt that was no wish to be sent less.
  add column broken_at timestamptz;

update webhook_endpoints set broken_at = failing_since where failing_since is not null;

-- Where WhatsApp has an upload's file, and what opens it: sealed, kept before the first message with it is built, and used again while it is young.
alter table uploads add column reference bytea, add column referenced_at timestamptz;

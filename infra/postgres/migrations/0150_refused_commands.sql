-- What would be told of a command now, where WhatsApp refused its last try for now; null: it may have it.
alter table commands add column refusal jsonb;

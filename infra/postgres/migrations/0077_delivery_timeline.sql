-- When a delivery was released. Later than created_at: it was held until then; else it went at once. null: it is held, or was released
-- before this column.
alter table webhook_deliveries add column released_at timestamptz;

-- Since when the one that has waited longest for its preparation waits, however many do.
create index uploads_oldest on uploads ((coalesce(confirmed_at, asked_at))) where state = 'processing';

-- The trace of the event that is held (W3C traceparent), which its delivery goes on with. null: nobody traced it.
alter table webhook_held add column traceparent text;

-- The trace that its record goes on with (W3C traceparent), for whoever carries it out and tells what came of it. null: nobody traced it.
alter table commands add column traceparent text;

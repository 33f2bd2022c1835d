-- A try of it was given to WhatsApp and not answered, whatever was said to a later one: it may have it. null: of before, not known.
alter table commands add column is_unanswered boolean;
alter table commands alter column is_unanswered set default false;
-- It was claimed for a turn of first messages, which is given back where nothing goes out.
alter table commands add column took_first boolean not null default false;

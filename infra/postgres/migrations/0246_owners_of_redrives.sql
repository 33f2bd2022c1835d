-- beside: all
-- Whoever tries a letter has its partition: the word under which it was taken then. null: it is in no lane.
alter table dead_letters add column owner text;

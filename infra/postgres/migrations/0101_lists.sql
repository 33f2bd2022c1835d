-- What lists are found by. Indexes of tables with millions of rows are not here: they are made beside the work that goes on (make-indexes.ts).

create index instance_ids_newest on instance_ids (reserved_at desc, instance_id desc) where wanted <> 'deleted';

-- It has all that is asked of it: by one that had not, a plan made for an account with few pairs walked over every pair of one with many.
create index address_pairs_by_pn on read_model_1.address_pairs (instance_id, pn, occurred_at desc, lid desc);
drop index read_model_1.address_pairs_pn;

-- The words of messages are kept by instance and by the thirty days that they are of: those of others and of other times are not in the way.
create function words_month(at timestamptz) returns integer
language sql immutable parallel safe
return floor(extract(epoch from at at time zone 'UTC') / 2592000)::integer;

create function words_prefix(of_instance text, month integer) returns text
language sql immutable parallel safe
return left(md5(of_instance || '/' || month), 8);

-- For an index, which is made without a path in which names are looked up: its functions know each other (`return`). Where the words were in the text is left out, and so are words that nobody types: what the index finds is compared with the
-- text itself.
create function words_of(of_instance text, at timestamptz, words tsvector) returns tsvector
language sql immutable parallel safe
return array_to_tsvector(array(
  select p.prefix || w.lexeme from (select words_prefix(of_instance, words_month(at)) as prefix offset 0) p, unnest(words) w
  where length(w.lexeme) <= 240));

-- What the words of a text of these months have to match where the text matches `asked`; null: nothing follows from it, as from -word.
create function words_asked(of_instance text, first_month integer, last_month integer, asked tsquery) returns tsquery
language sql immutable parallel safe as $$
  select string_agg('(' || regexp_replace(regexp_replace(querytree(asked), ' <(-|\d+)> ', ' & ', 'g'),
    '''((?:[^'']|'''')*)''', '''' || words_prefix(of_instance, month) || '\1''', 'g') || ')', ' | ')::tsquery
  from generate_series(first_month, last_month) month
  where querytree(asked) not in ('', 'T') and querytree(asked) !~ '[^'' ]{241}'
$$;

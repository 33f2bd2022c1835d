-- What lists are found by. Indexes of tables with millions of rows are not here: they are made beside the work that goes on (make-indexes.ts).

create index instance_ids_newest on instance_ids (reserved_at desc, instance_id desc) where wanted <> 'deleted';

-- The words of messages are kept by instance and by the thirty days that they are of: those of others and of other times are not in the way.
create function words_month(at timestamptz) returns integer
language sql immutable parallel safe
return floor(extract(epoch from at at time zone 'UTC') / 2592000)::integer;

create function words_prefix(of_instance text, month integer) returns text
language sql immutable parallel safe
return left(md5(of_instance || '/' || month), 8);

-- Words that nobody types are not in the index, and not asked of it.
create function is_word_kept(lexeme text) returns boolean
language sql immutable parallel safe
return length(lexeme) <= 240;

-- For an index, which is made without a path in which names are looked up: its functions know each other (`return`). Where the words were in the
-- text is left out: what the index finds is compared with the text itself.
create function words_of(of_instance text, at timestamptz, words tsvector) returns tsvector
language sql immutable parallel safe
return array_to_tsvector(array(
  select p.prefix || w.lexeme
  from (select words_prefix(of_instance, words_month(at)) as prefix offset 0) p, unnest(words) w
  where is_word_kept(w.lexeme)));

-- The words of a query as Postgres writes it: in quotes, and quotes and backslashes in them twice.
create function words_in(query text) returns setof text
language sql immutable parallel safe as $$
  select replace(replace(word[1], '''''', ''''), '\\', '\')
  from regexp_matches(query, '''((?:[^'']|'''')*)''', 'g') word
$$;

-- What the words of a text of these months have to match where the text matches `asked`; null: nothing follows from it, as from -word.
create function words_asked(of_instance text, first_month integer, last_month integer, asked tsquery) returns tsquery
language sql immutable parallel safe as $$
  select string_agg('(' || regexp_replace(regexp_replace(querytree(asked), ' <(-|\d+)> ', ' & ', 'g'),
    '''((?:[^'']|'''')*)''', '''' || words_prefix(of_instance, month) || '\1''', 'g') || ')', ' | ')::tsquery
  from generate_series(first_month, last_month) month
  where querytree(asked) not in ('', 'T') and not exists (select from words_in(querytree(asked)) word where not is_word_kept(word))
$$;

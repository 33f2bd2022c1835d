-- Those that are redriven, in the order in which they are claimed: the first one of a key that is asked for at once comes first.
create index dead_letters_due on dead_letters (due_at, origin_topic, origin_offset, dead_letter_id) where state = 'redriving';

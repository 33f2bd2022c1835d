-- When an account may write to people next, as whoever holds it says.
create table outgoing_turns (
  instance_id text primary key,
  -- Of what waits for a turn of the account's pace, and of first messages; in the past, or null: now.
  turn_at timestamptz,
  first_at timestamptz,
  -- WhatsApp said that the account wrote too much: until then it writes nothing.
  rests_until timestamptz
);

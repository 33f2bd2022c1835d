-- A number that a later word gives to another LID is that one's alone: each LID keeps its chat, and nothing of one is shown under the other.

-- A pair may be told to have been told earlier: whoever has the number may be another one then.
create trigger address_pairs_updated after update on read_model_1.address_pairs
  referencing new table as written for each statement execute function read_model_1.address_pairs_written();

-- Whether its chat is archived, behind the trigger that lists it: triggers go by their names.
create trigger address_pairs_updated_then after update on read_model_1.address_pairs
  referencing new table as written for each statement execute function read_model_1.address_pairs_archived();

-- Both are one person's, or the same address.
create or replace function same_address(of_instance text, one text, other text) returns boolean
language sql stable as $$
  select one = other or canonical_address(of_instance, one) = canonical_address(of_instance, other)
$$;

-- The phone-number JID of a LID where it is known, and nobody else's since.
create or replace function phone_address(of_instance text, address text) returns text
language sql stable as $$
  select p.pn from address_pairs p
  where p.instance_id = of_instance and p.lid = canonical_address(of_instance, address)
    and not exists (select from address_pairs later where later.instance_id = of_instance and later.pn = p.pn
      and (later.occurred_at, later.lid) > (p.occurred_at, p.lid))
  order by p.occurred_at desc, p.pn desc limit 1
$$;

-- The address that answers call it by, and every number that is its own: the address itself is among them.
create or replace function addresses_of(of_instance text, address text) returns text[]
language sql stable as $$
  select array(
    select called.address
    union select p.pn from address_pairs p
    where p.instance_id = of_instance and p.lid = called.address
      and not exists (select from address_pairs later where later.instance_id = of_instance and later.pn = p.pn
        and (later.occurred_at, later.lid) > (p.occurred_at, p.lid)))
  from (select coalesce((
    select p.lid from address_pairs p
    where p.instance_id = of_instance and p.pn = addresses_of.address
    order by p.occurred_at desc, p.lid desc limit 1), addresses_of.address) as address offset 0) called
$$;

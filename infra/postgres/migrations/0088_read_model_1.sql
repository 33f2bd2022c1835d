-- A version of a rebuildable projection has a schema of its own, so that the next one can be filled beside it. What is here is version 1 of
-- the read model: its tables move, with their rows and indexes; views of the names that they had show the version that is live.
create schema read_model_1;

alter table instances set schema read_model_1;
alter table address_pairs set schema read_model_1;
alter table contacts set schema read_model_1;
alter table groups set schema read_model_1;
alter table chats set schema read_model_1;
alter table messages set schema read_model_1;
alter table message_edits set schema read_model_1;
alter table message_revokes set schema read_model_1;
alter table message_reactions set schema read_model_1;
alter table message_receipts set schema read_model_1;
alter table media set schema read_model_1;

create view instances as select * from read_model_1.instances;
create view address_pairs as select * from read_model_1.address_pairs;
create view contacts as select * from read_model_1.contacts;
create view groups as select * from read_model_1.groups;
create view chats as select * from read_model_1.chats;
create view messages as select * from read_model_1.messages;
create view message_edits as select * from read_model_1.message_edits;
create view message_revokes as select * from read_model_1.message_revokes;
create view message_reactions as select * from read_model_1.message_reactions;
create view message_receipts as select * from read_model_1.message_receipts;
create view media as select * from read_model_1.media;

-- Whoever was given a right on a table, or on a column of it, has it on the view. A view reads with its owner's rights.
do $$
declare
  given record;
begin
  for given in
    select c.relname, '' as of_column, a.* from pg_class c, aclexplode(c.relacl) a
     where c.relnamespace = 'read_model_1'::regnamespace and c.relkind = 'r' and a.grantee <> c.relowner
    union all
    select c.relname, format('(%I)', t.attname), a.* from pg_class c join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a
     where c.relnamespace = 'read_model_1'::regnamespace and c.relkind = 'r' and t.attnum > 0 and not t.attisdropped
  loop
    execute format('grant %s %s on %I to %s%s', given.privilege_type, given.of_column, given.relname,
      case given.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(given.grantee)) end,
      case when given.is_grantable then ' with grant option' else '' end);
  end loop;
end $$;

-- Which version of a rebuildable projection the views name, and reads wait for. Views and row change in one transaction.
create table projection_live (
  projection text primary key,
  version integer not null,
  since timestamptz not null default now()
);
insert into projection_live (projection, version) values ('read-model', 1);

-- What version 1 itself asks of its addresses; the functions of the same names outside of the schema ask the version that is live.
create function read_model_1.same_address(of_instance text, one text, other text) returns boolean
language sql stable as $$
  select one = other or exists (
    select from read_model_1.address_pairs p
    where p.instance_id = of_instance and ((p.lid = one and p.pn = other) or (p.lid = other and p.pn = one)))
$$;

create function read_model_1.addresses_of(of_instance text, address text) returns text[]
language sql stable as $$
  select array(
    select address
    union select p.pn from read_model_1.address_pairs p where p.instance_id = of_instance and p.lid = address
    union select p.lid from read_model_1.address_pairs p where p.instance_id = of_instance and p.pn = address)
$$;

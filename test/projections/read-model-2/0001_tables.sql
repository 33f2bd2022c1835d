-- A version 2 of the read model for tests: the tables of version 1 once more, and what their statements ask of addresses.
create schema read_model_2;

create table read_model_2.instances (like read_model_1.instances including all);
create table read_model_2.address_pairs (like read_model_1.address_pairs including all);
create table read_model_2.contacts (like read_model_1.contacts including all);
create table read_model_2.groups (like read_model_1.groups including all);
create table read_model_2.chats (like read_model_1.chats including all);
create table read_model_2.messages (like read_model_1.messages including all);
create table read_model_2.message_edits (like read_model_1.message_edits including all);
create table read_model_2.message_revokes (like read_model_1.message_revokes including all);
create table read_model_2.message_reactions (like read_model_1.message_reactions including all);
create table read_model_2.message_receipts (like read_model_1.message_receipts including all);
create table read_model_2.media (like read_model_1.media including all);

create function read_model_2.same_address(of_instance text, one text, other text) returns boolean
language sql stable as $$
  select one = other or exists (
    select from read_model_2.address_pairs p
    where p.instance_id = of_instance and ((p.lid = one and p.pn = other) or (p.lid = other and p.pn = one)))
$$;

create function read_model_2.addresses_of(of_instance text, address text) returns text[]
language sql stable as $$
  select array(
    select address
    union select p.pn from read_model_2.address_pairs p where p.instance_id = of_instance and p.lid = address
    union select p.lid from read_model_2.address_pairs p where p.instance_id = of_instance and p.pn = address)
$$;

-- Pairs of addresses that history told, until the owner of the instance has taken them into its own keys.
create table learned_pairs (
  instance_id text not null,
  lid text not null,
  pn text not null,
  primary key (instance_id, lid, pn)
);

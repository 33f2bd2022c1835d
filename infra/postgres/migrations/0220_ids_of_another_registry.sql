-- Which ids a registry that is none of zaplog's own gave to the schemas that were written with: records name them for ever.
create table registry_ids (
  subject text not null,
  schema_hash bytea not null,
  schema_id integer not null,
  primary key (subject, schema_hash)
);

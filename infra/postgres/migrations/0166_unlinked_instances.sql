-- When the link of an instance was gone last, by the place of that event: what its row says of a phone from before is no link.
alter table read_model_1.instances add column unlinked_epoch bigint, add column unlinked_sequence bigint;

create or replace view instances as select * from read_model_1.instances;

-- Instances of one phone are found by it, for each row of a list.
create index instances_by_phone on instances (phone) where phone is not null;

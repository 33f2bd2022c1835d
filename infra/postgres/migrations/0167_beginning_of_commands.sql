-- Where the log's commands were when this database met it, by partition: what lies before was accepted under another database, which is lost, and
-- is not done again.
create table commands_begin (
  partition integer primary key,
  next_offset bigint not null
);

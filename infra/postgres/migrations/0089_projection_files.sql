-- Which SQL files of which version of a projection are applied: from its second version on they are beside the projection, not here.
create table projection_files (
  projection text not null,
  version integer not null,
  file text not null,
  -- SHA-256 of the file as it was applied: one that is changed later is refused.
  checksum text not null,
  applied_at timestamptz not null default now(),
  primary key (projection, version, file)
);

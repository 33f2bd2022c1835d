-- Whether an endpoint gets states that were told as a whole, not as changes. Who does not ask for them is not flooded by a phone that is linked.

alter table webhook_endpoint_versions add column snapshots boolean not null default false;

-- What endpoints keep secret: URLs may carry tokens and are sealed like headers; what belongs to a deleted endpoint is erased.

-- URLs that 0.1.0 wrote stay in `url` until a start has sealed them; after that it is null in every row.
alter table webhook_endpoint_versions add column url_sealed bytea;
alter table webhook_endpoint_versions alter column url drop not null;
alter table webhook_endpoint_versions alter column headers_sealed drop not null;
create index webhook_endpoint_versions_plain on webhook_endpoint_versions (endpoint_id, version) where url is not null;

delete from webhook_secrets s using webhook_endpoints e where e.endpoint_id = s.endpoint_id and e.deleted_at is not null;
update webhook_endpoint_versions v set url = null, headers_sealed = null
  from webhook_endpoints e where e.endpoint_id = v.endpoint_id and e.deleted_at is not null;

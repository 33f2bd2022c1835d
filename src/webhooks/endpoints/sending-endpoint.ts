// Where and how an endpoint is sent to now, by its current settings, as part of any statement that asks for it.
import { endpointWith } from './endpoint-rows.ts'
import { currentVersion } from './endpoint-versions.ts'
import { isListener } from './listener-rows.ts'
import { secretsOf } from './secrets.ts'

export type SendingEndpoint = {
  /** It has no URL to be posted to, but a mailbox. */
  isListener: boolean
  enabled: boolean
  urlSealed: Buffer | null
  /** What 0.1.0 wrote, where no start has sealed it yet. */
  plainUrl: string | null
  headersSealed: Buffer
  /** Newest first. */
  secretsSealed: readonly Buffer[]
  succeededAt: number | null
  recoveredAt: number | null
}
/** Of no endpoint, or a deleted one, `live` is not true. */
export type SendingRow = {
  live: boolean | null
  is_listener: boolean
  enabled: boolean
  url: string | null
  url_sealed: Buffer | null
  headers_sealed: Buffer
  secrets_sealed: Buffer[] | null
  succeeded_at: number | null
  recovered_at: number | null
}

/** A statement of one row at most, a SendingRow: of the endpoint with this id (SQL). */
export const sendingEndpoint = (id: string): string => `
  select e.deleted_at is null and (v.url_sealed is not null or v.url is not null) as live,
         ${isListener('e.endpoint_id')} as is_listener, e.enabled, v.url, v.url_sealed, v.headers_sealed,
         ${secretsOf('e.endpoint_id')} as secrets_sealed,
         (extract(epoch from e.succeeded_at) * 1000)::float8 as succeeded_at,
         (extract(epoch from e.recovered_at) * 1000)::float8 as recovered_at
    from ${endpointWith(id)} ${currentVersion('e')}`

/** null: there is none, or it is deleted. */
export const sendingEndpointOf = (row: SendingRow): SendingEndpoint | null =>
  row.live === true
    ? {
        isListener: row.is_listener,
        enabled: row.enabled,
        urlSealed: row.url_sealed,
        plainUrl: row.url,
        headersSealed: row.headers_sealed,
        secretsSealed: row.secrets_sealed ?? [],
        succeededAt: row.succeeded_at,
        recoveredAt: row.recovered_at,
      }
    : null

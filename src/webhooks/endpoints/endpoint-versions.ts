// The settings of endpoints, a row for each version: a delivery names the one that matched it. What they keep secret is sealed.

import type { Transaction } from '../../database/database.ts'
import type { SealedColumn } from '../../database/sealed-column.ts'
import { isKept } from '../../instances/instance-ids.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { headersContext, urlContext } from './sealed-settings.ts'
import { addressOf, type EndpointInput } from './settings.ts'

export type VersionDeps = { sealer: Sealer; config: { holdMediaMs: number } }

export async function insertVersion(
  { sealer, config }: VersionDeps,
  tx: Transaction,
  of: { id: string; version: number; input: EndpointInput },
): Promise<void> {
  const { id, version, input } = of
  const holdMedia = input.holdMedia ?? Math.round(config.holdMediaMs / 1000)
  await tx.query(
    `insert into webhook_endpoint_versions (endpoint_id, version, url_sealed, instance_ids, event_types, chats_include, chats_exclude,
       lane_order, format, headers_sealed, hold_media_seconds, media_holds_chat, snapshots)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      id,
      version,
      sealer.seal(Buffer.from(input.url), urlContext(id)),
      input.instanceIds ?? null,
      input.eventTypes ?? null,
      input.chats?.include?.map(addressOf) ?? null,
      input.chats?.exclude?.map(addressOf) ?? null,
      input.order,
      input.format,
      sealer.seal(Buffer.from(JSON.stringify(input.headers ?? null)), headersContext(id)),
      holdMedia === 'until-settled' ? null : holdMedia,
      input.mediaHoldsChat,
      input.snapshots,
    ],
  )
}

/** Of a version `v`. */
export const settingsColumns =
  'v.url, v.url_sealed, v.instance_ids, v.event_types, v.chats_include, v.chats_exclude, v.headers_sealed, v.hold_media_seconds, v.media_holds_chat, v.snapshots'
export type SettingsRow = {
  url: string | null
  url_sealed: Buffer | null
  instance_ids: string[] | null
  event_types: string[] | null
  chats_include: string[] | null
  chats_exclude: string[] | null
  headers_sealed: Buffer
  hold_media_seconds: number | null
  media_holds_chat: boolean
  snapshots: boolean
}

/** A join: the version `v` that counts of an endpoint, whose row in the statement is `e`. */
export const currentVersion = (e: string): string =>
  `join webhook_endpoint_versions v on v.endpoint_id = ${e}.endpoint_id and v.version = ${e}.version`

/** Of a version `v`. */
export const unknownInstanceIds = `(select array_agg(id) from unnest(v.instance_ids) id
     where not ${isKept('id')}) as unknown_instance_ids`

/** What these endpoints kept secret. */
export async function eraseSettings(tx: Transaction, ids: readonly string[]): Promise<void> {
  await tx.query(
    'update webhook_endpoint_versions set url = null, url_sealed = null, headers_sealed = null where endpoint_id = any($1)',
    [ids],
  )
}

/** A statement: those of the endpoints that `ids` selects. */
export const forgetVersions = (ids: string): string => `delete from webhook_endpoint_versions where endpoint_id in (${ids})`

/** Seals at most `most` of the URLs that 0.1.0 wrote in plain text, each once whoever seals beside; answers how many. */
export async function sealPlainUrlsAmong(sealer: Sealer, tx: Transaction, most: number): Promise<number> {
  const rows = await tx.query<{ endpoint_id: string; version: number; url: string }>(
    `select endpoint_id, version, url from webhook_endpoint_versions where url is not null
      order by endpoint_id, version limit $1 for update`,
    [most],
  )
  await tx.query(
    `update webhook_endpoint_versions v set url = null, url_sealed = n.sealed
       from unnest($1::text[], $2::int[], $3::bytea[]) as n (endpoint_id, version, sealed)
      where v.endpoint_id = n.endpoint_id and v.version = n.version`,
    [
      rows.map(row => row.endpoint_id),
      rows.map(row => row.version),
      rows.map(row => sealer.seal(Buffer.from(row.url), urlContext(row.endpoint_id))),
    ],
  )
  return rows.length
}

const key = { endpoint_id: 'text', version: 'integer' } as const
export const sealedVersions: readonly SealedColumn[] = [
  { table: 'webhook_endpoint_versions', column: 'headers_sealed', key, place: headersContext },
  { table: 'webhook_endpoint_versions', column: 'url_sealed', key, place: urlContext },
]

// Endpoints over the database: versioned settings, sealed headers and secrets. Each delivery names the version that matched it.
import { randomBytes } from 'node:crypto'
import type { Database, Transaction } from '../../database/database.ts'
import type { Allowances } from '../../runtime/address-guard.ts'
import { mergePatch } from '../../runtime/merge-patch.ts'
import { shownUrl } from '../../runtime/printable.ts'
import type { Sealer } from '../../runtime/seal.ts'
import {
  allEndpoints,
  callLanes,
  changeEndpointRow,
  insertEndpointRow,
  isAfterCursor,
  isEndpoint,
  markDeleted,
} from './endpoint-rows.ts'
import { currentVersion, eraseSettings, insertVersion } from './endpoint-versions.ts'
import { type Endpoint, type EndpointRow, endpointOf, inputOf, selectEndpoints } from './endpoint-view.ts'
import { hasListener } from './listener-rows.ts'
import { eraseSecrets, makeSecret } from './secrets.ts'
import { checkUrl, type EndpointInput, endpointInput, type Refusal } from './settings.ts'

export type { Endpoint } from './endpoint-view.ts'
export { type EndpointInput, endpointInput } from './settings.ts'

export type EndpointDeps = { database: Database; sealer: Sealer; config: Allowances & { holdMediaMs: number } }
export type Changed<T> = { ok: true; endpoint: T } | ({ ok: false } & Refusal)

/** The answer alone has the secret: it is kept sealed and never shown again. */
export async function createEndpoint(
  deps: EndpointDeps,
  input: EndpointInput,
  signal: AbortSignal,
): Promise<Changed<Endpoint & { secret: string }>> {
  const refusal = checkUrl(input.url, deps.config)
  if (refusal !== null) return { ok: false, ...refusal }
  const id = `ep_${randomBytes(12).toString('hex')}`
  const secret = await deps.database.transact(tx => insertEndpoint(deps, tx, { id, input }), signal)
  const endpoint = await getEndpoint(deps, id)
  if (endpoint === null) throw new Error(`creating endpoint ${id}: deleted before it could be answered`)
  return { ok: true, endpoint: { ...endpoint, secret } }
}

/** Answers its new secret. */
export async function insertEndpoint(
  deps: Pick<EndpointDeps, 'sealer' | 'config'>,
  tx: Transaction,
  { id, input }: { id: string; input: EndpointInput },
): Promise<string> {
  await insertEndpointRow(tx, id, input.enabled)
  await insertVersion(deps, tx, { id, version: 1, input })
  return makeSecret(deps.sealer, tx, id)
}

/** Newest first. `limit` is 1..200; `after` (inclusive) and `before` (exclusive) are epoch milliseconds; after a cursor that is none of ours comes nothing. */
export async function listEndpoints(
  deps: EndpointDeps,
  page: { cursor?: string | undefined; limit: number; after?: number | undefined; before?: number | undefined },
): Promise<{ data: readonly Endpoint[]; nextCursor: string | null }> {
  const rows = await deps.database.query<EndpointRow>(
    `${selectEndpoints} where ${isEndpoint} and ${isAfterCursor}
       and ($3::float8 is null or e.created_at >= to_timestamp($3::float8 / 1000))
       and ($4::float8 is null or e.created_at < to_timestamp($4::float8 / 1000))
     order by e.created_at desc, e.endpoint_id desc limit $2`,
    [page.cursor ?? null, page.limit + 1, page.after ?? null, page.before ?? null],
  )
  const data = rows.slice(0, page.limit).map(row => endpointOf(deps.sealer, row))
  return { data, nextCursor: rows.length > page.limit ? (data.at(-1)?.id ?? null) : null }
}

export async function getEndpoint(deps: EndpointDeps, id: string): Promise<Endpoint | null> {
  const [row] = await deps.database.query<EndpointRow>(`${selectEndpoints} where e.endpoint_id = $1 and ${isEndpoint}`, [id])
  return row === undefined ? null : endpointOf(deps.sealer, row)
}

export async function countEndpoints(database: Transaction): Promise<{ total: number; enabled: number }> {
  const [counted] = await database.query<{ total: number; enabled: number }>(
    `select count(*)::int as total, (count(*) filter (where e.enabled))::int as enabled from ${allEndpoints} where ${isEndpoint}`,
  )
  return counted ?? { total: 0, enabled: 0 }
}

/** Those whose settings name this instance. */
export async function countEndpointsNaming(database: Transaction, instanceId: string): Promise<number> {
  const [row] = await database.query<{ endpoints: number }>(
    `select count(*)::integer as endpoints from ${allEndpoints} ${currentVersion('e')} where ${isEndpoint} and $1 = any (v.instance_ids)`,
    [instanceId],
  )
  return row?.endpoints ?? 0
}

/** RFC 7396, validated after merging; null: no such endpoint. Enabling one that its receiver disabled clears the reason; what waits is due. */
export async function patchEndpoint(
  deps: EndpointDeps,
  id: string,
  patch: unknown,
  signal: AbortSignal,
): Promise<Changed<Endpoint> | null> {
  const outcome = await deps.database.transact(tx => patchRow(deps, tx, id, patch), signal)
  if (outcome === 'none') return null
  if (outcome !== 'changed') return { ok: false, ...outcome }
  const endpoint = await getEndpoint(deps, id)
  return endpoint === null ? null : { ok: true, endpoint }
}

async function patchRow(deps: EndpointDeps, tx: Transaction, id: string, patch: unknown): Promise<Refusal | 'changed' | 'none'> {
  const [row] = await tx.query<EndpointRow>(`${selectEndpoints} where e.endpoint_id = $1 and ${isEndpoint} for update of e`, [id])
  if (row === undefined) return 'none'
  const current = inputOf(deps.sealer, row)
  const merged = mergePatch(current, withWholeUrl(patch, current.url))
  const parsed = endpointInput.safeParse(merged)
  if (!parsed.success) return { issues: parsed.error.issues, input: merged }
  const refusal = checkUrl(parsed.data.url, deps.config)
  if (refusal !== null) return refusal
  const version = settingsText(parsed.data) === settingsText(current) ? row.version : row.version + 1
  if (version !== row.version) await insertVersion(deps, tx, { id, version, input: parsed.data })
  await changeEndpointRow(tx, { id, version, enabled: parsed.data.enabled })
  if (parsed.data.enabled) await callLanes(tx, id)
  return 'changed'
}

/** The URL as it was answered is the one that is there: who sends back what was read loses no query. */
function withWholeUrl(patch: unknown, whole: string): unknown {
  const isShown = typeof patch === 'object' && patch !== null && 'url' in patch && patch.url === shownUrl(whole)
  return isShown ? { ...patch, url: whole } : patch
}

/** Whether a patch changed what is versioned. */
const settingsText = (input: EndpointInput): string => {
  const { enabled: _enabled, ...versioned } = input
  return JSON.stringify(Object.entries(versioned).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** false: no such endpoint. Its secrets go with it; what it was still owed is discarded by the bridge. */
export const deleteEndpoint = (deps: Pick<EndpointDeps, 'database'>, id: string, signal: AbortSignal): Promise<boolean> =>
  deps.database.transact(async tx => !(await hasListener(tx, id)) && (await eraseEndpoints(tx, [id])), signal)

/** false: none of them was there. */
export async function eraseEndpoints(tx: Transaction, ids: readonly string[]): Promise<boolean> {
  // First, for its lock: a version that a patch was about to write is there, and erased, or never comes.
  const wereThere = await markDeleted(tx, ids)
  await eraseSecrets(tx, ids)
  await eraseSettings(tx, ids)
  return wereThere
}

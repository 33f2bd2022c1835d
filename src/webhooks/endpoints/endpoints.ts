// Endpoints over the database: versioned settings, sealed headers and secrets. Each delivery names the version that matched it.
import { randomBytes } from 'node:crypto'
import type { Database, Transaction } from '../../database/database.ts'
import { notYetEmitted } from '../../events/vocabulary.ts'
import { isKept } from '../../instances/instance-ids.ts'
import { mergePatch } from '../../runtime/merge-patch.ts'
import { shownUrl } from '../../runtime/printable.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { Allowances } from './address-guard.ts'
import { addressOf, checkUrl, type EndpointInput, endpointInput, type Refusal } from './settings.ts'
import { type EndpointStanding, type StandingRow, standingColumns, standingOf } from './show-standing.ts'
import { callLanes } from './standing.ts'

export { type EndpointInput, endpointInput } from './settings.ts'

export type EndpointDeps = { database: Database; sealer: Sealer; config: Allowances & { holdMediaMs: number } }
/** The resource as it is answered; what was omitted is absent. Values of headers, and the query of the URL, are never shown again. */
export type Endpoint = Omit<EndpointInput, 'holdMedia' | 'headers'> &
  EndpointStanding & {
    id: string
    /** Sorted. */
    headerNames: readonly string[]
    holdMedia: number | 'until-settled'
    /** Of the types that it asks for, those that no delivery has yet; absent where there are none. */
    notYetEmitted?: readonly string[]
    /** Of `instanceIds`, those that no instance has; absent where there are none. */
    unknownInstanceIds?: readonly string[]
    /** Why, where it was not an operator's wish. */
    disabledReason?: string
    createdAt: string
  }
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
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  await tx.query('insert into webhook_endpoints (endpoint_id, version, enabled) values ($1, 1, $2)', [id, input.enabled])
  await insertVersion(deps, tx, { id, version: 1, input })
  await tx.query('insert into webhook_secrets (endpoint_id, sealed) values ($1, $2)', [
    id,
    deps.sealer.seal(Buffer.from(secret), secretsContext(id)),
  ])
  return secret
}

/** Newest first. `limit` is 1..200; `after` (inclusive) and `before` (exclusive) are epoch milliseconds; after a cursor that is none of ours comes nothing. */
export async function listEndpoints(
  deps: EndpointDeps,
  page: { cursor?: string | undefined; limit: number; after?: number | undefined; before?: number | undefined },
): Promise<{ data: readonly Endpoint[]; nextCursor: string | null }> {
  const rows = await deps.database.query<EndpointRow>(
    `${selectEndpoints} where ${isEndpoint}
       and ($1::text is null or (e.created_at, e.endpoint_id) < (select c.created_at, c.endpoint_id from webhook_endpoints c where c.endpoint_id = $1))
       and ($3::float8 is null or e.created_at >= to_timestamp($3::float8 / 1000))
       and ($4::float8 is null or e.created_at < to_timestamp($4::float8 / 1000))
     order by e.created_at desc, e.endpoint_id desc limit $2`,
    [page.cursor ?? null, page.limit + 1, page.after ?? null, page.before ?? null],
  )
  const data = rows.slice(0, page.limit).map(row => endpointOf(deps, row))
  return { data, nextCursor: rows.length > page.limit ? (data.at(-1)?.id ?? null) : null }
}

export async function getEndpoint(deps: EndpointDeps, id: string): Promise<Endpoint | null> {
  const [row] = await deps.database.query<EndpointRow>(`${selectEndpoints} where e.endpoint_id = $1 and ${isEndpoint}`, [id])
  return row === undefined ? null : endpointOf(deps, row)
}

/** RFC 7396, validated after merging; null: no such endpoint. Enabling one that its receiver disabled clears the reason; what waits is due. */
export async function patchEndpoint(
  deps: EndpointDeps,
  id: string,
  patch: unknown,
  signal: AbortSignal,
): Promise<Changed<Endpoint> | null> {
  const outcome = await deps.database.transact<Refusal | 'changed' | 'none'>(async tx => {
    const [row] = await tx.query<EndpointRow>(`${selectEndpoints} where e.endpoint_id = $1 and ${isEndpoint} for update of e`, [
      id,
    ])
    if (row === undefined) return 'none'
    const current = inputOf(deps, row)
    const merged = mergePatch(current, withWholeUrl(patch, current.url))
    const parsed = endpointInput.safeParse(merged)
    if (!parsed.success) return { issues: parsed.error.issues, input: merged }
    const refusal = checkUrl(parsed.data.url, deps.config)
    if (refusal !== null) return refusal
    const version = settingsText(parsed.data) === settingsText(current) ? row.version : row.version + 1
    if (version !== row.version) await insertVersion(deps, tx, { id, version, input: parsed.data })
    await tx.query(
      `update webhook_endpoints set version = $2, enabled = $3, changed_at = now(),
         disabled_reason = case when $3 then null else disabled_reason end
       where endpoint_id = $1`,
      [id, version, parsed.data.enabled],
    )
    if (parsed.data.enabled) await callLanes(tx, id)
    return 'changed'
  }, signal)
  if (outcome === 'none') return null
  if (outcome !== 'changed') return { ok: false, ...outcome }
  const endpoint = await getEndpoint(deps, id)
  return endpoint === null ? null : { ok: true, endpoint }
}

/** The URL as it was answered is the one that is there: who sends back what was read loses no query. */
function withWholeUrl(patch: unknown, whole: string): unknown {
  const isShown = typeof patch === 'object' && patch !== null && 'url' in patch && patch.url === shownUrl(whole)
  return isShown ? { ...patch, url: whole } : patch
}

/** false: no such endpoint. Its secrets go with it; what it was still owed is discarded by the bridge. */
export async function deleteEndpoint(deps: Pick<EndpointDeps, 'database'>, id: string, signal: AbortSignal): Promise<boolean> {
  return deps.database.transact(async tx => {
    const listeners = await tx.query('select from webhook_listeners where endpoint_id = $1', [id])
    return listeners.length === 0 && eraseEndpoints(tx, [id])
  }, signal)
}

/** false: none of them was there. */
export async function eraseEndpoints(tx: Transaction, ids: readonly string[]): Promise<boolean> {
  // First, for its lock: a version that a patch was about to write is there, and erased, or never comes.
  const rows = await tx.query(
    'update webhook_endpoints set deleted_at = now() where endpoint_id = any($1) and deleted_at is null returning endpoint_id',
    [ids],
  )
  await tx.query('delete from webhook_secrets where endpoint_id = any($1)', [ids])
  await tx.query(
    'update webhook_endpoint_versions set url = null, url_sealed = null, headers_sealed = null where endpoint_id = any($1)',
    [ids],
  )
  return rows.length > 0
}

type EndpointRow = StandingRow & {
  endpoint_id: string
  version: number
  enabled: boolean
  disabled_reason: string | null
  created_at: Date
  url: string | null
  url_sealed: Buffer | null
  instance_ids: string[] | null
  unknown_instance_ids: string[] | null
  event_types: string[] | null
  chats_include: string[] | null
  chats_exclude: string[] | null
  headers_sealed: Buffer
  hold_media_seconds: number | null
  media_holds_chat: boolean
}
/** Of webhook_endpoints e. Listeners are none of an operator's (endpoint-listeners.ts): they have calls of their own. */
export const isEndpoint = `e.deleted_at is null and not exists (select from webhook_listeners l where l.endpoint_id = e.endpoint_id)`
/** Of webhook_endpoint_versions v. */
export const unknownInstanceIds = `(select array_agg(id) from unnest(v.instance_ids) id
     where not ${isKept('id')}) as unknown_instance_ids`
const selectEndpoints = `select e.endpoint_id, e.version, e.enabled, e.disabled_reason, e.created_at, v.url, v.url_sealed, v.instance_ids,
    v.event_types, v.chats_include, v.chats_exclude, v.headers_sealed, v.hold_media_seconds, v.media_holds_chat,
    ${unknownInstanceIds},
    ${standingColumns}
  from webhook_endpoints e join webhook_endpoint_versions v using (endpoint_id, version)`

async function insertVersion(
  deps: Pick<EndpointDeps, 'sealer' | 'config'>,
  tx: Transaction,
  of: { id: string; version: number; input: EndpointInput },
) {
  const { id, version, input } = of
  const holdMedia = input.holdMedia ?? Math.round(deps.config.holdMediaMs / 1000)
  await tx.query(
    `insert into webhook_endpoint_versions (endpoint_id, version, url_sealed, instance_ids, event_types, chats_include, chats_exclude,
       lane_order, format, headers_sealed, hold_media_seconds, media_holds_chat)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      id,
      version,
      deps.sealer.seal(Buffer.from(input.url), urlContext(id)),
      input.instanceIds ?? null,
      input.eventTypes ?? null,
      input.chats?.include?.map(addressOf) ?? null,
      input.chats?.exclude?.map(addressOf) ?? null,
      input.order,
      input.format,
      deps.sealer.seal(Buffer.from(JSON.stringify(input.headers ?? null)), headersContext(id)),
      holdMedia === 'until-settled' ? null : holdMedia,
      input.mediaHoldsChat,
    ],
  )
}

/** Secrets, headers and URLs are bound to their endpoint: a row copied elsewhere does not open. */
export const secretsContext = (endpointId: string): string => `webhook_secrets|${endpointId}`
export const headersContext = (endpointId: string): string => `webhook_endpoint_versions|${endpointId}`
export const urlContext = (endpointId: string): string => `webhook_endpoint_versions.url|${endpointId}`

function inputOf(deps: Pick<EndpointDeps, 'sealer'>, row: EndpointRow): EndpointInput & { holdMedia: number | 'until-settled' } {
  const headers = openHeaders(deps.sealer, row.endpoint_id, row.headers_sealed)
  return {
    role: 'events',
    url: openUrl(deps.sealer, row.endpoint_id, { sealed: row.url_sealed, plain: row.url }),
    ...(row.instance_ids !== null && { instanceIds: row.instance_ids }),
    ...(row.event_types !== null && { eventTypes: row.event_types }),
    ...((row.chats_include !== null || row.chats_exclude !== null) && {
      chats: {
        ...(row.chats_include !== null && { include: row.chats_include }),
        ...(row.chats_exclude !== null && { exclude: row.chats_exclude }),
      },
    }),
    order: 'chat',
    format: 'zaplog',
    ...(headers !== null && { headers }),
    holdMedia: row.hold_media_seconds ?? 'until-settled',
    mediaHoldsChat: row.media_holds_chat,
    mediaUrls: 'link',
    onMediaFailed: 'send',
    onSkipped: 'send',
    enabled: row.enabled,
  }
}

function endpointOf(deps: EndpointDeps, row: EndpointRow): Endpoint {
  const { url, headers = {}, ...open } = inputOf(deps, row)
  return {
    id: row.endpoint_id,
    ...open,
    ...laterTypes(row.event_types ?? []),
    url: shownUrl(url),
    headerNames: Object.keys(headers).toSorted(),
    ...(row.unknown_instance_ids !== null && { unknownInstanceIds: row.unknown_instance_ids }),
    ...(row.disabled_reason !== null && { disabledReason: row.disabled_reason }),
    ...standingOf(row),
    createdAt: row.created_at.toISOString(),
  }
}

/** `plain`: written by 0.1.0, and not sealed yet. */
export function openUrl(sealer: Sealer, endpointId: string, of: { sealed: Uint8Array | null; plain: string | null }): string {
  const url = of.sealed === null ? of.plain : sealer.open(of.sealed, urlContext(endpointId)).toString('utf8')
  if (url === null) throw new Error(`reading the URL of endpoint ${endpointId}: it was erased`)
  return url
}

export function laterTypes(eventTypes: readonly string[]): Pick<Endpoint, 'notYetEmitted'> {
  const types = notYetEmitted(eventTypes)
  return types.length === 0 ? {} : { notYetEmitted: types }
}

export function openHeaders(sealer: Sealer, endpointId: string, sealed: Uint8Array): Record<string, string> | null {
  const headers: Record<string, string> | null = JSON.parse(sealer.open(sealed, headersContext(endpointId)).toString('utf8'))
  return headers && lastOfEach(headers)
}

/** Version 0.1.0 took names that differ by case alone, and sent the last. */
function lastOfEach(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = new Map(Object.keys(headers).map(name => [name.toLowerCase(), name]))
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.get(name.toLowerCase()) === name))
}

/** Whether a patch changed what is versioned. */
const settingsText = (input: EndpointInput): string => {
  const { enabled: _enabled, ...versioned } = input
  return JSON.stringify(Object.entries(versioned).sort(([a], [b]) => (a < b ? -1 : 1)))
}

// Listeners: endpoints for as long as somebody listens. Each is an endpoint like any other, with lanes, order, retries and a secret of its
// own, but no URL: its deliveries are taken from a mailbox (endpoint-mailbox.ts). It ends when it is closed, or 60 s after its last sign of
// life: then it is deleted as an endpoint is, and what it was still owed is dropped and counted. Postgres' clock alone says who is alive.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { boundedCount, MOST_SHOWN } from '../../database/bounded-count.ts'
import type { Database, Transaction } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import { type EndpointDeps, eraseEndpoints, insertEndpoint, laterTypes, unknownInstanceIds } from './endpoints.ts'
import { endpointInput } from './settings.ts'

export const SILENT_SECONDS = 60
/** Alive at once, whoever opened them. */
export const MAX_LISTENERS = 20

/** A condition on a row of webhook_listeners, whose name in the statement is `row`. */
export const isAlive = (row: string): string => `${row}.seen_at > now() - interval '${SILENT_SECONDS} seconds'`

const { instanceIds, eventTypes, holdMedia } = endpointInput.shape
export const listenerInput = z.strictObject({
  name: z.string().min(1).max(100).default('a listener').meta({ description: 'who listens, for people' }),
  instanceIds,
  eventTypes,
  holdMedia,
})
export type ListenerInput = z.infer<typeof listenerInput>
export type Listener = {
  id: string
  name: string
  instanceIds?: readonly string[]
  eventTypes?: readonly string[]
  notYetEmitted?: readonly string[]
  unknownInstanceIds?: readonly string[]
  createdAt: string
  seenAt: string
  /** Unfinished deliveries, counted up to MOST_SHOWN: what would be dropped now. */
  waiting: number
}

/** From now on; null: there are too many. The answer alone has the secret. */
export async function openListener(
  deps: EndpointDeps & { logger: Logger },
  { name, ...input }: ListenerInput,
  signal: AbortSignal,
): Promise<(Listener & { secret: string }) | null> {
  await endSilentListeners(deps, signal)
  const id = `ep_${randomBytes(12).toString('hex')}`
  const secret = await deps.database.transact(async tx => {
    await tx.query('lock table webhook_listeners in share row exclusive mode') // so that two at once are counted
    const alive = await tx.query(`select from webhook_listeners l where ${isAlive('l')}`)
    if (alive.length >= MAX_LISTENERS) return null
    await tx.query('insert into webhook_listeners (endpoint_id, name) values ($1, $2)', [id, name])
    return insertEndpoint(deps, tx, { id, input: endpointInput.parse({ ...input, url: `listener:${encodeURIComponent(name)}` }) })
  }, signal)
  if (secret === null) return null
  deps.logger.info('listener.opened', { endpointId: id, name })
  const listener = await getListener(deps.database, id)
  if (listener === null) throw new Error(`opening listener ${id}: closed before it could be answered`)
  return { ...listener, secret }
}

export async function getListener(database: Transaction, id: string): Promise<Listener | null> {
  const [row] = await database.query<ListenerRow>(`${selectListeners} and l.endpoint_id = $1`, [id])
  return row === undefined ? null : listenerOf(row)
}

/** Newest first; there are never many. */
export async function listListeners(database: Transaction): Promise<readonly Listener[]> {
  const rows = await database.query<ListenerRow>(`${selectListeners} order by e.created_at desc, e.endpoint_id desc`)
  return rows.map(listenerOf)
}

/** null: there is no such listener. `dropped` deliveries were not finished. */
export async function closeListener(
  deps: { database: Database; logger: Logger },
  id: string,
  signal: AbortSignal,
): Promise<{ dropped: number } | null> {
  const [ended] = await end(deps, { which: 'endpoint_id = $1', values: [id], why: 'closed' }, signal)
  return ended === undefined ? null : { dropped: ended.dropped }
}

/** The one place where silence ends a listener; until it comes here, whoever asks isAlive() takes it for gone already. */
export async function endSilentListeners(deps: { database: Database; logger: Logger }, signal: AbortSignal): Promise<void> {
  await end(deps, { which: `not (${isAlive('webhook_listeners')})`, values: [], why: 'silent' }, signal)
}

type Ended = { endpoint_id: string; name: string; dropped: number }

async function end(
  { database, logger }: { database: Database; logger: Logger },
  of: { which: string; values: readonly unknown[]; why: 'closed' | 'silent' },
  signal: AbortSignal,
): Promise<readonly Ended[]> {
  const ended = await database.transact(async tx => {
    const rows = await tx.query<Ended>(
      `delete from webhook_listeners where ${of.which}
       returning endpoint_id, name,
         (select count(*)::integer from webhook_deliveries d
           where d.endpoint_id = webhook_listeners.endpoint_id and ${isUnfinished} and not ${isTaken}) as dropped`,
      of.values,
    )
    const ids = rows.map(row => row.endpoint_id)
    if (ids.length === 0) return rows
    await eraseEndpoints(tx, ids)
    await tx.query('delete from webhook_mailbox where endpoint_id = any($1)', [ids])
    return rows
  }, signal)
  for (const { endpoint_id, name, dropped } of ended)
    logger.info('listener.ended', { endpointId: endpoint_id, name, why: of.why, dropped })
  return ended
}

const isUnfinished = `d.state not in ('delivered', 'dead', 'discarded')`
/** Its answer is there, and only not recorded yet. */
const isTaken = `exists (
  select from webhook_mailbox m where m.delivery_id = d.delivery_id and (m.answer->>'statusCode')::integer between 200 and 299)`

type ListenerRow = {
  endpoint_id: string
  name: string
  instance_ids: string[] | null
  unknown_instance_ids: string[] | null
  event_types: string[] | null
  created_at: Date
  seen_at: Date
  waiting: number
}
const selectListeners = `
  select l.endpoint_id, l.name, v.instance_ids, ${unknownInstanceIds}, v.event_types, e.created_at, l.seen_at,
    ${boundedCount(`from webhook_deliveries d where d.endpoint_id = l.endpoint_id and ${isUnfinished}`, MOST_SHOWN)} as waiting
  from webhook_listeners l join webhook_endpoints e using (endpoint_id)
  join webhook_endpoint_versions v on v.endpoint_id = e.endpoint_id and v.version = e.version
  where ${isAlive('l')}`

const listenerOf = (row: ListenerRow): Listener => ({
  id: row.endpoint_id,
  name: row.name,
  ...(row.instance_ids !== null && { instanceIds: row.instance_ids }),
  ...(row.event_types !== null && { eventTypes: row.event_types }),
  ...laterTypes(row.event_types ?? []),
  ...(row.unknown_instance_ids !== null && { unknownInstanceIds: row.unknown_instance_ids }),
  createdAt: row.created_at.toISOString(),
  seenAt: row.seen_at.toISOString(),
  waiting: row.waiting,
})

// Listeners: endpoints for as long as somebody listens. Each is an endpoint like any other, with lanes, order, retries and a secret of its
// own, but no URL: its deliveries are taken from a mailbox (mailbox.ts). It ends when it is closed, or 60 s after its last sign of
// life: then it is deleted as an endpoint is, and what it was still owed is dropped and counted. Postgres' clock alone says who is alive.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { MOST_SHOWN } from '../../database/bounded-count.ts'
import type { Database, Transaction } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import { unfinishedOf, unfinishedUpTo } from '../deliveries/deliveries.ts'
import { allEndpoints } from './endpoint-rows.ts'
import { currentVersion, unknownInstanceIds } from './endpoint-versions.ts'
import { laterTypes } from './endpoint-view.ts'
import { type EndpointDeps, eraseEndpoints, insertEndpoint } from './endpoints.ts'
import { aliveListeners, deleteListeners, type Ended, insertListener } from './listener-rows.ts'
import { emptyMailboxes, isTaken } from './mailbox.ts'
import { endpointInput } from './settings.ts'

/** Alive at once, whoever opened them. */
export const MAX_LISTENERS = 20

const { instanceIds, eventTypes, snapshots, holdMedia } = endpointInput.shape
export const listenerInput = z
  .strictObject({
    name: z.string().min(1).max(100).default('a listener').meta({ description: 'who listens, for people' }),
    instanceIds,
    eventTypes,
    snapshots,
    holdMedia,
  })
  .meta({ examples: [{ name: 'my laptop', eventTypes: ['message.*'] }] })
export type ListenerInput = z.infer<typeof listenerInput>
export type Listener = {
  id: string
  name: string
  instanceIds?: readonly string[]
  eventTypes?: readonly string[]
  snapshots: boolean
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
    if (!(await insertListener(tx, { id, name, most: MAX_LISTENERS }))) return null
    return insertEndpoint(deps, tx, { id, input: endpointInput.parse({ ...input, url: `listener:${encodeURIComponent(name)}` }) })
  }, signal)
  if (secret === null) return null
  deps.logger.info('listener.opened', { endpointId: id, name })
  const listener = await getListener(deps.database, id)
  if (listener === null) throw new Error(`opening listener ${id}: closed before it could be answered`)
  return { ...listener, secret }
}

export async function getListener(database: Transaction, id: string): Promise<Listener | null> {
  const [row] = await database.query<ListenerRow>(`${selectListeners} where l.endpoint_id = $1`, [id])
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
  const [ended] = await end(deps, { id }, signal)
  return ended === undefined ? null : { dropped: ended.dropped }
}

/** The one place where silence ends a listener. */
export async function endSilentListeners(deps: { database: Database; logger: Logger }, signal: AbortSignal): Promise<void> {
  await end(deps, 'silent', signal)
}

async function end(
  { database, logger }: { database: Database; logger: Logger },
  which: { id: string } | 'silent',
  signal: AbortSignal,
): Promise<readonly Ended[]> {
  const ended = await database.transact(async tx => {
    const rows = await deleteListeners(tx, which, id => unfinishedOf(id, `not ${isTaken('d.delivery_id')}`))
    const ids = rows.map(row => row.endpoint_id)
    if (ids.length === 0) return rows
    await eraseEndpoints(tx, ids)
    await emptyMailboxes(tx, ids)
    return rows
  }, signal)
  const why = which === 'silent' ? 'silent' : 'closed'
  for (const { endpoint_id, name, dropped } of ended)
    logger.info('listener.ended', { endpointId: endpoint_id, name, why, dropped })
  return ended
}

type ListenerRow = {
  endpoint_id: string
  name: string
  instance_ids: string[] | null
  unknown_instance_ids: string[] | null
  event_types: string[] | null
  snapshots: boolean
  created_at: Date
  seen_at: Date
  waiting: number
}
const selectListeners = `
  select l.endpoint_id, l.name, v.instance_ids, ${unknownInstanceIds}, v.event_types, v.snapshots, e.created_at, l.seen_at,
    ${unfinishedUpTo('l.endpoint_id', MOST_SHOWN)} as waiting
  from ${aliveListeners} join ${allEndpoints} using (endpoint_id) ${currentVersion('e')}`

const listenerOf = (row: ListenerRow): Listener => ({
  id: row.endpoint_id,
  name: row.name,
  ...(row.instance_ids !== null && { instanceIds: row.instance_ids }),
  ...(row.event_types !== null && { eventTypes: row.event_types }),
  ...laterTypes(row.event_types ?? []),
  snapshots: row.snapshots,
  ...(row.unknown_instance_ids !== null && { unknownInstanceIds: row.unknown_instance_ids }),
  createdAt: row.created_at.toISOString(),
  seenAt: row.seen_at.toISOString(),
  waiting: row.waiting,
})

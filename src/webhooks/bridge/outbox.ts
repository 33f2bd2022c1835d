// What the bridge owes to the log goes there, oldest first, one member at a time, and again until the log has it: whatever the log refuses
// or however long it is away, no receiver is sent anything twice for it.
import type { TopicName } from '../../events/topics.ts'
import { type Bell, createBell } from '../../runtime/bell.ts'
import { describeError } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { wait } from '../../runtime/wait.ts'
import { giveLeaseBack } from '../deliveries/drain-lease.ts'
import { type OwedRow, takeOwed, trimOutbox } from '../deliveries/outbox-rows.ts'
import { APPEND_WITHIN_MS, type AppendOwedDeps, appendOwed } from './append-owed.ts'

export type OutboxDeps = Omit<AppendOwedDeps, 'dropped'> & {
  topic(name: TopicName): string
  /** Names this member in its lease. */
  member: string
  metrics: Metrics
}
export type Outbox = {
  /** Something may be owed. */
  wake(): void
  /** Why the log does not have what it is owed; null: nothing keeps it. */
  trouble(): string | null
  close(): Promise<void>
}

/** A dead letter may be large: so many at once are what memory may hold. */
const MAX_RECORDS = 100
/** Nobody waits for these records: those of a moment go together. */
const LINGER_MS = 100
const POLL_MS = 1_000
const LAST_APPEND_MS = 2_000
/** Longer than both topics may take. */
const LEASE_MS = 2 * APPEND_WITHIN_MS + 10_000
/** Of attempts, which are rows as well: a topic that refuses them for days does not fill the disk. */
const MAX_OWED_ATTEMPTS = 100_000

export function openOutbox(given: OutboxDeps): Outbox {
  const dropped = given.metrics.counter('zaplog_webhook_records_dropped_total')
  const stopping = new AbortController()
  const deps: DrainDeps = { ...given, dropped: count => dropped.inc(count), stopping: stopping.signal }
  const bell = createBell()
  const troubles: Troubles = new Map()
  const running = run(deps, troubles, bell)

  async function close() {
    stopping.abort()
    await running
    try {
      await drain(deps, troubles, AbortSignal.timeout(LAST_APPEND_MS))
      await giveLeaseBack(deps.database, deps.member)
    } catch (error) {
      deps.logger.debug('webhooks.outbox-left', { error }) // the rows stay, for the next that has the lease
    }
  }

  return {
    wake: bell.ring,
    trouble: () => (troubles.size === 0 ? null : [...troubles.values()].join('; ')),
    close,
  }
}

type DrainDeps = AppendOwedDeps & Pick<OutboxDeps, 'topic' | 'member'> & { stopping: AbortSignal }
/** By topic, and of reading the `rows`. */
type Troubles = Map<string, string>

async function run(deps: DrainDeps, troubles: Troubles, bell: Bell) {
  const { stopping } = deps
  while (!stopping.aborted) {
    const isMore = await drainOrSay(deps, troubles)
    if (isMore && troubles.size === 0) continue
    if (troubles.size > 0) await wait(POLL_MS, stopping)
    else if (await bell.rung(stopping, POLL_MS)) await wait(LINGER_MS, stopping)
  }
}

async function drainOrSay(deps: DrainDeps, troubles: Troubles): Promise<boolean> {
  try {
    const isMore = await drain(deps, troubles, deps.stopping)
    troubles.delete('rows')
    return isMore
  } catch (error) {
    troubles.set('rows', `reading what the log is owed: ${describeError(error)}`)
    return false
  }
}

/** Answers whether there may be more that can be appended. */
async function drain(deps: DrainDeps, troubles: Troubles, signal: AbortSignal): Promise<boolean> {
  const topics = [deps.topic('dead-letters'), deps.topic('webhook-attempts')]
  const rows = await takeOwed(deps.database, { member: deps.member, leaseMs: LEASE_MS, topics, maxRecords: MAX_RECORDS })
  if (rows.length === 0) troubles.clear()
  let isMore = false
  for (const topic of topics) {
    const ofTopic = rows.filter(row => row.topic === topic)
    if (ofTopic.length > 0 && (await append(deps, troubles, { topic, rows: ofTopic }, signal)))
      isMore ||= ofTopic.length === MAX_RECORDS
  }
  return isMore
}

/** false: they wait for the log, said once. */
async function append(
  deps: DrainDeps,
  troubles: Troubles,
  { topic, rows }: { topic: string; rows: readonly OwedRow[] },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await appendOwed(deps, topic, rows, signal)
    troubles.delete(topic)
    return true
  } catch (error) {
    if (deps.stopping.aborted) return false
    if (!troubles.has(topic)) deps.logger.warn('webhooks.outbox-stuck', { topic, error })
    troubles.set(topic, `records for ${topic} wait for the log: ${describeError(error)}`)
    if (topic === deps.topic('webhook-attempts')) await trim(deps, topic)
    return false
  }
}

async function trim(deps: DrainDeps, topic: string) {
  const count = await trimOutbox(deps.database, topic, MAX_OWED_ATTEMPTS)
  if (count === 0) return
  deps.dropped(count)
  deps.logger.warn('webhooks.records-trimmed', { topic, count })
}

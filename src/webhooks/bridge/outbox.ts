// Appends what the bridge owes to the log, oldest first, one member at a time, and again until the log has it: whatever the log refuses
// or however long it is away, no receiver is sent anything twice for it. Appended before deleted: a crash in between repeats records
// under the same event ids. A record that can never be taken is made smaller; what even then is refused is said, counted and dropped.
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import { type EventLog, isAboutRecord } from '../../log/log.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { wait } from '../../runtime/wait.ts'
import { forgetOwed, giveTurnBack, type OwedRow, takeTurn, trimOutbox } from './outbox-rows.ts'
import { shrinkOwed } from './shrink-owed.ts'

export type OutboxDeps = {
  database: Database
  log: Pick<EventLog, 'append'>
  codec: Codec
  topic(name: TopicName): string
  /** Names this member in its turn. */
  member: string
  logger: Logger
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
const APPEND_WITHIN_MS = 10_000
const LAST_APPEND_MS = 2_000
/** Longer than both topics may take. */
const TURN_MS = 2 * APPEND_WITHIN_MS + 10_000
/** Of attempts, which are rows as well: a topic that refuses them for days does not fill the disk. */
const MAX_OWED_ATTEMPTS = 100_000

export function openOutbox(deps: OutboxDeps): Outbox {
  const stopping = new AbortController()
  const topics = [deps.topic('dead-letters'), deps.topic('webhook-attempts')]
  const dropped = deps.metrics.counter({
    name: 'zaplog_webhook_records_dropped_total',
    help: 'Records of attempts and dead letters that the log could never take, or that it refused for too long.',
  })
  const troubles = new Map<string, string>()
  let wakeUp = new AbortController()

  /** Answers whether there may be more that can be appended. */
  async function drain(signal: AbortSignal): Promise<boolean> {
    const rows = await takeTurn(deps.database, { member: deps.member, turnMs: TURN_MS, topics, maxRecords: MAX_RECORDS })
    if (rows.length === 0) troubles.clear()
    let more = false
    for (const topic of topics) {
      const ofTopic = rows.filter(row => row.topic === topic)
      if (ofTopic.length > 0 && (await settle(topic, ofTopic, signal))) more ||= ofTopic.length === MAX_RECORDS
    }
    return more
  }

  async function settle(topic: string, rows: readonly OwedRow[], signal: AbortSignal): Promise<boolean> {
    try {
      await append(topic, rows, signal)
      await forgetOwed(deps.database, rows)
      troubles.delete(topic)
      return true
    } catch (error) {
      if (stopping.signal.aborted) return false
      if (!troubles.has(topic)) deps.logger.warn('webhooks.outbox-stuck', { topic, error })
      troubles.set(topic, `records for ${topic} wait for the log: ${describeError(error)}`)
      if (topic === deps.topic('webhook-attempts')) await trim(topic)
      return false
    }
  }

  async function append(topic: string, rows: readonly OwedRow[], signal: AbortSignal): Promise<void> {
    try {
      await deps.log.append({ topic, records: rows.map(row => row.record) }, orLater(signal))
    } catch (error) {
      if (!isAboutRecord(error)) throw error
      for (const row of rows) {
        await appendSingly(row, signal)
        await forgetOwed(deps.database, [row]) // or an outage in the middle would repeat those before it
      }
    }
  }

  async function appendSingly({ topic, record }: OwedRow, signal: AbortSignal): Promise<void> {
    for (const form of [() => record, () => shrinkOwed(deps.codec, record, signal)])
      try {
        await deps.log.append({ topic, records: [await form()] }, orLater(signal))
        return
      } catch (error) {
        if (!isAboutRecord(error)) throw error
      }
    dropped.inc()
    deps.logger.error('webhooks.record-dropped', {
      topic,
      eventId: record.headers['event-id'],
      reason: 'the log refuses it in every form',
    })
  }

  async function trim(topic: string) {
    const count = await trimOutbox(deps.database, topic, MAX_OWED_ATTEMPTS)
    if (count === 0) return
    dropped.inc(count)
    deps.logger.warn('webhooks.records-trimmed', { topic, count })
  }

  async function run() {
    while (!stopping.signal.aborted) {
      wakeUp = new AbortController()
      let more = false
      try {
        more = await drain(stopping.signal)
        troubles.delete('rows')
      } catch (error) {
        troubles.set('rows', `reading what the log is owed: ${describeError(error)}`)
      }
      if (!more && (await sooner(POLL_MS)) && troubles.size === 0) await wait(LINGER_MS, stopping.signal)
      else if (troubles.size > 0) await wait(POLL_MS, stopping.signal)
    }
  }

  /** false: the time has passed, and nobody woke us. */
  const sooner = async (ms: number) => !(await wait(ms, AbortSignal.any([wakeUp.signal, stopping.signal])))
  const running = run()

  async function close() {
    stopping.abort()
    await running
    try {
      await drain(AbortSignal.timeout(LAST_APPEND_MS))
      await giveTurnBack(deps.database, deps.member)
    } catch (error) {
      deps.logger.debug('webhooks.outbox-left', { error }) // the rows stay, for the next that has the turn
    }
  }

  return {
    wake: () => wakeUp.abort(),
    trouble: () => (troubles.size === 0 ? null : [...troubles.values()].join('; ')),
    close,
  }
}

const orLater = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(APPEND_WITHIN_MS)])

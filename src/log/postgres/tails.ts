// Where each partition ends, as far as this process knows: told by its own appends at once, by NOTIFY after those of others, by polling in any case.
import type { Database } from '../../database/database.ts'
import { createBell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import { wait } from '../../runtime/wait.ts'
import type { Position, TopicPartition } from '../log.ts'

export type Tails = {
  /** This process appended: wakes who waits here, and tells the others soon. */
  appended(positions: readonly Position[]): void
  /** The partition's end as last told; 0n where nobody told it. */
  known(of: TopicPartition): bigint
  /** Resolves with the partition's end once it is known to be elsewhere than at nextOffset, perhaps at once; null when the signal aborts. */
  moved(position: Position, signal: AbortSignal): Promise<bigint | null>
  close(): Promise<void>
}

const CHANNEL = 'zaplog_log'
const NOTIFY_EVERY_MS = 10
const LISTEN_AGAIN_MS = 1000

type Waiter = { nextOffset: bigint; wake(endOffset: bigint): void }

export function openTails(deps: { database: Database; logger: Logger; pollMs: number }): Tails {
  const { database, logger, pollMs } = deps
  const closing = new AbortController()
  const ends = new Map<string, bigint>()
  const waiters = new Map<string, TopicPartition & { waiting: Set<Waiter> }>()
  let notifying: Promise<void> | null = null
  const poll = createBell()

  function tell({ topic, partition, nextOffset }: Position) {
    const name = `${topic}/${partition}`
    ends.set(name, nextOffset)
    for (const waiter of waiters.get(name)?.waiting ?? []) if (waiter.nextOffset !== nextOffset) waiter.wake(nextOffset)
  }

  async function notifyOthers() {
    await wait(NOTIFY_EVERY_MS, closing.signal)
    notifying = null
    try {
      await database.query(`notify ${CHANNEL}`)
    } catch (error) {
      logger.debug('log.notify-failed', { error }) // the others poll
    }
  }

  async function pollAlways() {
    while (!closing.signal.aborted) {
      await poll.rung(closing.signal, pollMs)
      if (waiters.size === 0 || closing.signal.aborted) continue
      try {
        for (const position of await readEnds(database, topicsOf(waiters.values()))) tell(position)
      } catch (error) {
        logger.warn('log.poll-failed', { error })
      }
    }
  }

  async function listenAlways() {
    while (!closing.signal.aborted) {
      try {
        return await database.listen(CHANNEL, poll.ring, closing.signal)
      } catch (error) {
        if (!closing.signal.aborted) logger.warn('log.listen-failed', { error })
        await wait(LISTEN_AGAIN_MS, closing.signal)
      }
    }
  }

  const running = [pollAlways(), listenAlways()]

  return {
    known: ({ topic, partition }) => ends.get(`${topic}/${partition}`) ?? 0n,
    appended: positions => {
      positions.forEach(tell)
      notifying ??= notifyOthers()
    },
    moved: ({ topic, partition, nextOffset }, signal) => {
      if (signal.aborted || closing.signal.aborted) return Promise.resolve(null)
      const name = `${topic}/${partition}`
      // Told while nobody waited: an append between the caller's look and this wait is not missed.
      const known = ends.get(name) ?? 0n
      if (known > nextOffset) return Promise.resolve(known)
      const here = waiters.get(name) ?? { topic, partition, waiting: new Set() }
      waiters.set(name, here)
      return new Promise(resolve => {
        const end = (endOffset: bigint | null) => {
          here.waiting.delete(waiter)
          if (here.waiting.size === 0 && waiters.get(name) === here) waiters.delete(name)
          for (const stop of stops) stop()
          resolve(endOffset)
        }
        const waiter = { nextOffset, wake: (endOffset: bigint) => end(endOffset) }
        here.waiting.add(waiter)
        const stops = [signal, closing.signal].map(ending => onAbort(ending, () => end(null)))
      })
    },
    close: async () => {
      closing.abort()
      await Promise.all([...running, notifying])
    },
  }
}

const topicsOf = (waiters: Iterable<TopicPartition>) => [...new Set([...waiters].map(waiter => waiter.topic))]

async function readEnds(database: Database, topics: readonly string[]): Promise<Position[]> {
  const rows = await database.query<{ topic: string; partition: number; next_offset: string }>(
    'select topic, partition, next_offset from log_partitions where topic = any($1)',
    [topics],
  )
  return rows.map(({ topic, partition, next_offset }) => ({ topic, partition, nextOffset: BigInt(next_offset) }))
}

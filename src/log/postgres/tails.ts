// Where each partition ends, as far as this process knows: told by its own appends at once, by NOTIFY after those of others, by polling in any case.
import { randomUUID } from 'node:crypto'
import type { Database } from '../../database/database.ts'
import { createBell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import { wait } from '../../runtime/wait.ts'
import type { RecentRecords } from '../engine/recent-records.ts'
import type { Position, TopicPartition } from '../log.ts'
import { createEndsHeard, type Look } from './ends-heard.ts'

export type Tails = {
  /** This process appended, told in any order: wakes who waits here, and tells the others soon. */
  appended(positions: readonly Position[]): void
  /** The partition's end as last told; 0n where nobody told it. */
  known(of: TopicPartition): bigint
  /** Somebody asks Postgres where a partition ends, and tells what was found. */
  ask(): Look
  /** Resolves with the partition's end once it is known to be elsewhere than at nextOffset, perhaps at once; null when the signal aborts. */
  moved(position: Position, signal: AbortSignal): Promise<bigint | null>
  close(): Promise<void>
}

const CHANNEL = 'zaplog_log'
const NOTIFY_EVERY_MS = 10
const LISTEN_AGAIN_MS = 1000

type Deps = {
  database: Database
  /** Is told where partitions begin and end by now. */
  recent: Pick<RecentRecords, 'bound' | 'topics'>
  logger: Logger
  pollMs: number
}

export function openTails({ database, recent, logger, pollMs }: Deps): Tails {
  const closing = new AbortController()
  const ends = createEndsHeard()
  const poll = createBell()
  /** What others append is news; our own was told already. */
  const ourselves = randomUUID()
  let notifying: Promise<void> | null = null

  async function notifyOthers() {
    await wait(NOTIFY_EVERY_MS, closing.signal)
    notifying = null
    try {
      await database.query(`notify ${CHANNEL}, '${ourselves}'`)
    } catch (error) {
      logger.debug('log.notify-failed', { error }) // the others poll
    }
  }

  async function pollAlways() {
    while (!closing.signal.aborted) {
      await poll.rung(closing.signal, pollMs)
      const topics = [...new Set([...ends.topics(), ...recent.topics()])]
      if (topics.length === 0 || closing.signal.aborted) continue
      try {
        const look = ends.look(topics)
        for (const { firstOffset, ...position } of await readEnds(database, topics)) {
          look.found(position)
          // Also where appends were told meanwhile: what retention took is not kept longer because others write.
          recent.bound(position, { firstOffset, endOffset: ends.known(position) })
        }
      } catch (error) {
        logger.warn('log.poll-failed', { error })
      }
    }
  }

  function hear(by: string) {
    if (by === ourselves) return
    ends.newsOfOthers()
    poll.ring()
  }

  async function listenAlways() {
    while (!closing.signal.aborted) {
      try {
        return await database.listen(CHANNEL, hear, closing.signal)
      } catch (error) {
        if (!closing.signal.aborted) logger.warn('log.listen-failed', { error })
        await wait(LISTEN_AGAIN_MS, closing.signal)
      }
    }
  }

  const running = [pollAlways(), listenAlways()]

  return {
    known: ends.known,
    ask: ends.ask,
    appended: positions => {
      positions.forEach(ends.tell)
      notifying ??= notifyOthers()
    },
    moved: (position, signal) => {
      if (signal.aborted || closing.signal.aborted) return Promise.resolve(null)
      // Told while nobody waited: an append between the caller's look and this wait is not missed.
      const known = ends.known(position)
      if (known > position.nextOffset) return Promise.resolve(known)
      return new Promise(resolve => {
        const end = (endOffset: bigint | null) => {
          leave()
          for (const stop of stops) stop()
          resolve(endOffset)
        }
        const leave = ends.wait(position, end)
        const stops = [signal, closing.signal].map(ending => onAbort(ending, () => end(null)))
        if (!ends.isUpToDate(position.topic)) poll.ring()
      })
    },
    close: async () => {
      closing.abort()
      await Promise.all([...running, notifying])
    },
  }
}

type Row = { topic: string; partition: number; first_offset: string; next_offset: string }

async function readEnds(database: Database, topics: readonly string[]): Promise<(Position & { firstOffset: bigint })[]> {
  const rows = await database.query<Row>(
    'select topic, partition, first_offset, next_offset from log_partitions where topic = any($1)',
    [topics],
  )
  return rows.map(({ topic, partition, first_offset, next_offset }) => ({
    topic,
    partition,
    firstOffset: BigInt(first_offset),
    nextOffset: BigInt(next_offset),
  }))
}

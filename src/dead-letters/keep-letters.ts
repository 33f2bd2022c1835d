// Every record of topic dead-letters becomes a row, whoever wrote it; nothing of it is decoded, so that none is too damaged to be listed.

import type { Transaction } from '../database/database.ts'
import { DatabaseError, isRefusal } from '../database/database.ts'
import type { TopicName } from '../events/topics.ts'
import type { EventLog, LogRecord, Outcome, Position, ProgressStore } from '../log/log.ts'
import { type Logger, wordsOf } from '../runtime/logger.ts'
import type { Role } from '../runtime/role.ts'
import { runningRole } from '../runtime/running-role.ts'
import { wait } from '../runtime/wait.ts'
import { letterOf, type Parties } from './letter.ts'
import { forgetLetters, keepLetter } from './letter-rows.ts'

export type KeepDeps = {
  database: Transaction
  log: Pick<EventLog, 'consumeLanes' | 'lag'>
  progress: ProgressStore
  topic(name: TopicName): string
  consumerGroup(name: string): string
  partitions: number
  parties: Parties
  logger: Logger
}

/** Known before anything is open: for the start step that makes the progress rows. */
export const keepEntry: { name: string; reads: readonly TopicName[] } = { name: 'dead-letters', reads: ['dead-letters'] }

const PAUSE_MS = 1_000
const FORGET_EVERY_MS = 3_600_000

export function openKeptLetters(deps: KeepDeps): Role {
  const { log, topic, consumerGroup, progress, logger } = deps
  const stop = new AbortController()
  const dead = topic('dead-letters')
  const consumption = log.consumeLanes(
    {
      consumerGroup: consumerGroup(keepEntry.name),
      topics: [dead],
      // Nothing is parked: a letter about a letter would be the next one's.
      deadLetterTopic: dead,
      progress,
      maxConcurrency: 4,
      maxBufferedBytes: 8 * 1024 * 1024,
      maxAttempts: Number.MAX_SAFE_INTEGER,
      lane: record => record.key,
      handle: record => keep(deps, record),
    },
    stop.signal,
  )
  let trouble: string | null = null
  const forgetting = forget(deps, stop.signal, error => {
    trouble = error === null ? null : wordsOf(error)
    if (error !== null) logger.debug('dead-letters.not-forgotten', { error })
  })
  const problem = () => consumption.status().find(one => one.state !== 'running')?.reason ?? trouble
  return runningRole(
    { name: keepEntry.name, problem },
    { stop, done: Promise.all([consumption.done, forgetting]).then(() => undefined) },
  )
}

/** What Postgres refuses for good is said, and left in the topic. */
async function keep({ database, parties, logger }: KeepDeps, record: LogRecord): Promise<Outcome> {
  try {
    await keepLetter(database, letterOf(record, parties))
  } catch (error) {
    if (!isRefusal(error)) {
      if (!(error instanceof DatabaseError)) throw error
      return { kind: 'pause', dependency: 'postgres', delayMs: PAUSE_MS, reason: error.message }
    }
    logger.error('dead-letters.not-kept', { partition: record.partition, offset: String(record.offset), error })
  }
  return { kind: 'emit', appends: [] }
}

async function forget(deps: KeepDeps, signal: AbortSignal, tell: (error: unknown) => void): Promise<void> {
  const positions: readonly Position[] = Array.from({ length: deps.partitions }, (_, partition) => ({
    ...{ topic: deps.topic('dead-letters'), partition, nextOffset: 0n },
  }))
  do
    try {
      const firsts = await deps.log.lag(positions, signal)
      while (await forgetLetters(deps.database, firsts)) signal.throwIfAborted()
      tell(null)
    } catch (error) {
      if (!signal.aborted) tell(error)
    }
  while (await wait(FORGET_EVERY_MS, signal))
}

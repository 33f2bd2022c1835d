// Dead letters that somebody wants taken again are: the record that each was goes back into its lane, by whoever has its partition, in order with those
// of its key, once in effect, whoever dies. What came of it is in its row.
import type { Transaction } from '../database/database.ts'
import { type EventLog, type InTurn, isAboutRecord, type LogRecord, type Outcome } from '../log/log.ts'
import type { ProgressRows } from '../log/progress.ts'
import { purgedAmong } from '../purge/tombstones.ts'
import { createBell } from '../runtime/bell.ts'
import { describeError, type Logger, wordsOf } from '../runtime/logger.ts'
import type { Role } from '../runtime/role.ts'
import { runningRole } from '../runtime/running-role.ts'
import { wait } from '../runtime/wait.ts'
import { originalOf } from './letter.ts'
import { type Claimed, claimLetters, type Ended, endTry, renewClaim } from './letters-at-work.ts'
import { type ReadLetterDeps, readLetter } from './read-letter.ts'

/** Who could not take it: what it answers is what a lane consumer does. `inTurn`: of its lanes; null: it has none, and any process may do it. */
export type Taker = {
  maxAttempts: number
  handle(record: LogRecord, attempt: number, signal: AbortSignal): Promise<Outcome>
  inTurn: InTurn | null
}

export type RedriveDeps = ReadLetterDeps & {
  database: Transaction
  log: ReadLetterDeps['log'] & Pick<EventLog, 'append'>
  /** By the name that its letters give: the consumer group. */
  takers: ReadonlyMap<string, Taker>
  progress: Pick<ProgressRows, 'taken'>
  logger: Logger
  /** Between two looks [1 s]. */
  pollMs?: number
  /** A letter whose holder has not said for so long that it has it is anybody's [30 s]. */
  leaseMs?: number
  /** A letter that is due for so long is told to be nobody's where its processor is none of `takers`, or reads no such partition [60 s]. */
  nobodysMs?: number
}

const POLL_MS = 1_000
const LEASE_MS = 30_000
/** Whoever runs another release beside us has had its turn by then. */
const NOBODYS_MS = 60_000
/** Of one processor: those that wait for their lanes hold up no other processor's. */
const MOST_AT_ONCE = 4
const AGAIN_MS = 1_000
const REFUSED_MS = 5_000

export function openRedrives(deps: RedriveDeps): Role {
  const { database, logger, takers, pollMs = POLL_MS, leaseMs = LEASE_MS, nobodysMs = NOBODYS_MS } = deps
  const stop = new AbortController()
  const over = createBell()
  const atWork = new Map<Claimed, Promise<void>>()
  let trouble: string | null = null

  function tell(error: unknown): void {
    if (!stop.signal.aborted && trouble === null) logger.warn('dead-letters.not-redriven', { error })
    trouble = describeError(error)
  }

  /** One that takes long holds one place, and no other letter. */
  function begin(letter: Claimed): void {
    const done = redrive({ ...deps, leaseMs }, letter, stop.signal)
      .then(() => {
        trouble = null
      }, tell)
      .finally(() => {
        atWork.delete(letter)
        over.ring()
      })
    atWork.set(letter, done)
  }

  async function look(): Promise<void> {
    const { room, limit } = roomBeside(deps, atWork)
    try {
      const claimed = await claimLetters(database, { ...room, known: [...takers.keys()], limit, leaseMs, nobodysMs })
      claimed.forEach(begin)
      if (atWork.size === 0) trouble = null
    } catch (error) {
      tell(error)
    }
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      await look()
      await over.rung(stop.signal, pollMs)
    }
    await Promise.all(atWork.values())
  }
  return runningRole({ name: 'redrives', problem: () => trouble }, { stop, done: run() })
}

/** For whom there is a place, and how many of each may be claimed at once. */
function roomBeside({ takers, progress }: RedriveDeps, atWork: ReadonlyMap<Claimed, Promise<void>>) {
  const placesOf = (processor: string) => MOST_AT_ONCE - [...atWork.keys()].filter(one => one.processor === processor).length
  const free = [...takers].filter(([processor]) => placesOf(processor) > 0)
  return {
    room: {
      lanes: free.flatMap(([processor, { inTurn }]) =>
        inTurn === null ? [] : progress.taken(processor).map(at => ({ processor, ...at })),
      ),
      laneless: free.flatMap(([processor, { inTurn }]) => (inTurn === null ? [processor] : [])),
    },
    limit: Math.min(MOST_AT_ONCE, ...free.map(([processor]) => placesOf(processor))),
  }
}

type Redriving = RedriveDeps & { leaseMs: number }

/** What an end of the process left in the middle is nobody's after the lease, and done again: the ids of what it makes are the same. */
async function redrive(deps: Redriving, letter: Claimed, stopping: AbortSignal): Promise<void> {
  const over = new AbortController()
  const signal = AbortSignal.any([stopping, over.signal])
  const keeping = keepClaim(deps, letter, over)
  try {
    const ended = await tryLetter(deps, letter, signal)
    if (signal.aborted || !(await endTry(deps.database, letter, ended))) return
    say(deps, letter, ended)
  } catch (error) {
    if (!signal.aborted) throw error // we are to stop, or it is somebody else's
  } finally {
    over.abort()
    await keeping
  }
}

async function keepClaim({ database, leaseMs, logger }: Redriving, letter: Claimed, over: AbortController): Promise<void> {
  while (await wait(leaseMs / 3, over.signal))
    try {
      if (!(await renewClaim(database, letter, leaseMs))) over.abort()
    } catch (error) {
      logger.warn('dead-letters.claim-not-kept', { deadLetterId: letter.deadLetterId, error }) // the lease says when it is somebody else's
    }
}

async function tryLetter(deps: Redriving, letter: Claimed, signal: AbortSignal): Promise<Ended> {
  const taker = deps.takers.get(letter.processor)
  if (taker === undefined)
    return { kind: 'failed', code: 'no-processor', message: `there is no processor ${letter.processor} in this release` }
  if (taker.inTurn !== null && letter.owner === null) {
    const { originTopic, originPartition } = letter
    const place = `${originTopic} partition ${originPartition}`
    return {
      kind: 'failed',
      code: 'no-lane',
      message: `${letter.processor} does not read ${place}, where its record is said to have been`,
    }
  }
  const record = await readLetter(deps, letter, signal)
  if (record === null) return { kind: 'failed', code: 'forgotten', message: 'its record is no longer in the log' }
  if ((await purgedAmong(deps.database, [letter.instanceId])).size > 0)
    return { kind: 'failed', code: 'purged', message: 'its instance is purged' }
  return tryInTurn(deps, { taker, letter, record: originalOf(record, letter) }, signal)
}

type Trying = { taker: Taker; letter: Claimed; record: LogRecord }

/** One try holds its lane, what is waited for between two does not. Where the partition is somebody else's by now, nothing of it counts. */
async function tryInTurn(deps: Redriving, trying: Trying, signal: AbortSignal): Promise<Ended> {
  const { inTurn } = trying.taker
  if (inTurn === null) return tryOnce(deps, trying, signal)
  let ended: Ended = { kind: 'later', delayMs: AGAIN_MS, costsTry: false }
  const work = async (gone: AbortSignal) => {
    try {
      ended = await tryOnce(deps, trying, AbortSignal.any([signal, gone]))
    } catch (error) {
      if (!gone.aborted) throw error
    }
  }
  await inTurn(trying.record, work, signal)
  return ended
}

async function tryOnce(deps: Redriving, { taker, letter, record }: Trying, signal: AbortSignal): Promise<Ended> {
  const isLast = letter.tries + 1 >= taker.maxAttempts
  try {
    const outcome = await taker.handle(record, letter.tries + 1, signal)
    signal.throwIfAborted()
    return await endOf(deps, outcome, isLast, signal)
  } catch (error) {
    signal.throwIfAborted()
    return againOr(isLast, AGAIN_MS, { code: codeOf(error), message: wordsOf(error) })
  }
}

async function endOf(deps: Redriving, outcome: Outcome, isLast: boolean, signal: AbortSignal): Promise<Ended> {
  switch (outcome.kind) {
    case 'emit':
      return emit(deps, outcome, signal)
    case 'retry':
      if (outcome.costsAttempt === false) return { kind: 'later', delayMs: outcome.delayMs, costsTry: false }
      return againOr(isLast, outcome.delayMs, { code: 'attempts-exhausted', message: outcome.reason })
    case 'pause':
      return { kind: 'later', delayMs: outcome.delayMs, costsTry: false }
    case 'park':
      return { kind: 'failed', code: 'parked', message: outcome.reason }
    case 'halt':
      return { kind: 'failed', code: 'halted', message: outcome.reason }
  }
}

/** Durable before its row says so: a crash in between repeats it. A log that does not take it for another reason than the record is waited for. */
async function emit({ log, logger }: Redriving, { appends }: Outcome & { kind: 'emit' }, signal: AbortSignal): Promise<Ended> {
  try {
    for (const append of appends) await log.append(append, signal)
    return { kind: 'redriven' }
  } catch (error) {
    signal.throwIfAborted()
    if (isAboutRecord(error)) return { kind: 'failed', code: error.code, message: wordsOf(error) }
    logger.warn('dead-letters.not-appended', { topics: appends.map(one => one.topic), error })
    return { kind: 'later', delayMs: REFUSED_MS, costsTry: false }
  }
}

const againOr = (isLast: boolean, delayMs: number, failed: { code: string; message: string }): Ended =>
  isLast ? { kind: 'failed', ...failed } : { kind: 'later', delayMs, costsTry: true }

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

function say({ logger }: Redriving, letter: Claimed, ended: Ended): void {
  const { deadLetterId, processor, instanceId, eventId } = letter
  const fields = { deadLetterId, processor, instanceId, eventId }
  if (ended.kind === 'redriven') logger.info('dead-letter.redriven', fields)
  if (ended.kind === 'failed') logger.warn('dead-letter.failed-again', { ...fields, code: ended.code, reason: ended.message })
}

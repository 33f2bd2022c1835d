// What came of the commands of a database that is lost is told once of each: where the log has its outcome, its row takes that; of all others
// command.failed says that nobody knows. Of those of a later state of this database all others go on. Begins once their rows are made, and goes on after
// any death where it was. In a database that lost nothing it is one small question a minute: another process that starts may find that this one is older
// than its log.
import type { Database, Transaction } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { Event } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import { type OweDeps, oweEnds } from '../instances/command-outcome.ts'
import {
  endTelling,
  holdTelling,
  isStillSo,
  letOthersGoOn,
  listUntold,
  moveOutcomes,
  type Untold,
} from '../instances/commands-begin.ts'
import { type ToldOutcome, takeOutcomes, takeUntold, type Walked } from '../instances/lost-commands.ts'
import { drainApiOutbox } from '../instances/outbox.ts'
import type { EventLog, LogRecord } from '../log/log.ts'
import type { Logger } from '../runtime/logger.ts'
import { isBusy, loopLoad } from '../runtime/loop-load.ts'
import type { Check, Role } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'
import { readCheckpoint } from './checkpoints.ts'
import { commands } from './commands/commands.ts'
import { decodeRecords } from './decode-records.ts'
import { listQuarantined } from './quarantine.ts'
import { readSome } from './reread.ts'

export type LostCommandsDeps = Pick<OweDeps, 'traces'> & {
  database: Database
  log: Pick<EventLog, 'read' | 'lag' | 'append'>
  codec: Codec
  topic(name: TopicName): string
  /** Of the key of a record in topic commands. */
  partitionOf(key: string): number
  clock: () => number
  logger: Logger
  /** Between looks whether their rows are made [5 s], and, twelve times as much, whether there are any. */
  everyMs?: number
}

/** In one transaction. */
const MOST = 200
const REST_MS = 20
const BUSY_REST_MS = 500

export function openLostCommands(deps: LostCommandsDeps): Role {
  const { logger, everyMs = 5_000 } = deps
  const stop = new AbortController()
  let left = nothingLeft
  let isTold = false

  /** true: all is told. */
  async function look(): Promise<boolean> {
    const untold = await listUntold(deps.database)
    const holdsAll = untold.some(one => one.holdsAll)
    left = { ...left, holdsAll }
    if (untold.length === 0) return true
    for (const one of untold) if (!(await isRead(deps, one))) return false
    left = { leftOut: await listLeftOut(deps, untold), holdsAll }
    if (left.leftOut.length === 0) return tellAll(deps, untold, stop.signal)
    if (holdsAll) await tellOthers(deps, untold, stop.signal)
    return false
  }

  /** Where nothing was left to tell, that Postgres is away is nothing to say here. */
  async function lookOrSay(): Promise<void> {
    try {
      isTold = await look()
      if (isTold) left = nothingLeft
    } catch (error) {
      if (!isTold && !stop.signal.aborted) logger.warn('commands.lost-not-told', { error })
    }
  }

  async function run(): Promise<void> {
    do await lookOrSay()
    while (await wait(isTold ? 12 * everyMs : everyMs, stop.signal))
  }

  const done = run()
  return {
    name: 'lost commands',
    checks: () => checksOf(left),
    close: async () => {
      stop.abort()
      await done
    },
  }
}

/** `leftOut`: instances; `holdsAll`: nothing is tried meanwhile. */
type Left = { leftOut: readonly string[]; holdsAll: boolean }
const nothingLeft: Left = { leftOut: [], holdsAll: false }

function checksOf({ leftOut, holdsAll }: Left): readonly Check[] {
  const all = 'no command is tried before the log has said what came of those that a later state of this database had'
  const some = `what came of them is told once projection ${commands.name} has read instance ${leftOut.join(', ')}`
  return [
    ...(holdsAll ? [{ name: 'commands of an older database', state: 'degraded', detail: all } as const] : []),
    ...(leftOut.length > 0 ? [{ name: 'commands of a lost database', state: 'degraded', detail: some } as const] : []),
  ]
}

/** All of the partition are read, or left out. */
async function isRead({ database }: LostCommandsDeps, { partition, nextOffset }: Untold): Promise<boolean> {
  const at = (await readCheckpoint(database, commands, partition))?.offsets.get('commands')
  return at !== undefined && at >= nextOffset
}

/** Instances some of whose commands have no row before somebody resumes them. A row is there as soon as the checkpoint has passed its record. */
async function listLeftOut({ database }: LostCommandsDeps, untold: readonly Untold[]): Promise<readonly string[]> {
  const ends = new Map(untold.map(one => [one.partition, one.nextOffset]))
  const quarantined = await listQuarantined(database, commands, [...ends.keys()])
  return quarantined
    .filter(({ partition, offsets }) => (offsets.get('commands') ?? 0n) < (ends.get(partition) ?? 0n))
    .map(({ key }) => key)
}

/** false: not yet. */
async function tellAll(deps: LostCommandsDeps, untold: readonly Untold[], signal: AbortSignal): Promise<boolean> {
  for (const one of untold) if (!(await learnOutcomes(deps, one, { isLast: true }, signal))) return false
  return tellRest(deps, { untold, ends: endTelling }, signal)
}

/** What is left out is learnt once it has rows: where that is read from stays. */
async function tellOthers(deps: LostCommandsDeps, untold: readonly Untold[], signal: AbortSignal): Promise<void> {
  for (const one of untold) if (!(await learnOutcomes(deps, one, { isLast: false }, signal))) return
  await tellRest(deps, { untold, ends: letOthersGoOn }, signal)
}

/** From where it is, which `isLast` moves on; false: somebody else went on, or it is to stop. */
async function learnOutcomes(
  deps: LostCommandsDeps,
  { partition, outcomesNext, outcomesEnd }: Untold,
  { isLast }: { isLast: boolean },
  signal: AbortSignal,
): Promise<boolean> {
  const { database, codec } = deps
  let from = outcomesNext
  while (from < outcomesEnd) {
    if (!(await rest(signal))) return false
    const { records, nextOffset } = await readSome(deps, { partition, nextOffset: from, untilOffset: outcomesEnd }, signal)
    const told = await outcomesIn(codec, records, signal)
    const move = { partition, from, to: nextOffset }
    const isMine = await database.transact(async tx => {
      if (isLast && !(await moveOutcomes(tx, move))) return false
      await takeOutcomes(tx, told)
      return true
    }, signal)
    if (!isMine) return false
    from = nextOffset
  }
  return true
}

export async function outcomesIn(
  codec: Pick<Codec, 'decode'>,
  records: readonly LogRecord[],
  signal: AbortSignal,
): Promise<readonly ToldOutcome[]> {
  const ofOutcomes = records.filter(({ headers }) => isOutcome(headers['event-type']))
  const { decoded } = await decodeRecords(codec, ofOutcomes, signal)
  return decoded.flatMap(one => (one.kind === 'event' ? outcomeIn(one.placed.event) : []))
}

const isOutcome = (type: string | undefined): boolean => type === 'command.completed' || type === 'command.failed'

const outcomeIn = (event: Event): readonly ToldOutcome[] =>
  event.type === 'command.completed' || event.type === 'command.failed' ? [event] : []

/** Everything that happens goes first. */
async function rest(signal: AbortSignal): Promise<boolean> {
  while (isBusy(loopLoad())) if (!(await wait(BUSY_REST_MS, signal))) return false
  return wait(REST_MS, signal)
}

/**
 * A walk over all commands, a page in each transaction, which owes what it tells, and the last one `ends` it. false: it is to stop, or somebody found
 * meanwhile that there is more to learn.
 */
async function tellRest(deps: LostCommandsDeps, telling: Telling, signal: AbortSignal): Promise<boolean> {
  for (let from: Walked | null = { instanceId: '', commandId: '' }; from !== null; ) {
    if (!(await rest(signal))) return false
    const walked: Walked | null | 'changed' = await tellSome(deps, { from, ...telling }, signal)
    await drainApiOutbox(deps, signal)
    if (walked === 'changed') return false
    from = walked
  }
  return true
}

/** `untold`: what was learnt, before. */
type Telling = { untold: readonly Untold[]; ends(tx: Transaction): Promise<unknown> }

async function tellSome(
  deps: LostCommandsDeps,
  { from, untold, ends }: Telling & { from: Walked },
  signal: AbortSignal,
): Promise<Walked | null | 'changed'> {
  const { database, partitionOf, clock, logger } = deps
  const page = await database.transact(async tx => {
    await holdTelling(tx)
    if (!(await isStillSo(tx, untold))) return null
    const found = await takeUntold(tx, from, { limit: MOST, partitionOf })
    await oweEnds(deps, tx, found.lost, clock())
    if (found.walked === null) await ends(tx)
    return found
  }, signal)
  if (page === null) return 'changed'
  if (page.lost.length > 0) logger.info('commands.lost-told', { commands: page.lost.length })
  return page.walked
}

// A database that was restored beside a log that went on does nothing a second time: what the log has beyond what it had read is looked through before
// anything is tried. An epoch that it never gave, or the end of a command that it has not decided, says that it was later than it is: then
// all that waits, and all that the log has accepted since, waits until what came of it is learnt from the log (projections/tell-lost-commands.ts).

import { beginAgain, keepSeen, type Looked, readSeen } from '../instances/commands-begin.ts'
import { lastEpoch, raiseEpochs } from '../instances/instance-owners.ts'
import { isForgotten, loseWaiting } from '../instances/lost-commands.ts'
import type { LogRecord } from '../log/log.ts'
import { MOST_EPOCHS } from '../projections/account.ts'
import { readSome } from '../projections/reread.ts'
import { outcomesIn } from '../projections/tell-lost-commands.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Check } from '../runtime/role.ts'
import { passOverForgotten } from './forgotten-commands.ts'
import type { Ports } from './ports.ts'
import { readConsumers } from './read-consumers.ts'

type Deps = Pick<Ports, 'database' | 'codec' | 'topic' | 'consumerGroup'> & {
  log: Pick<Ports['log'], 'inside' | 'positionsAt' | 'read' | 'lag'>
  logger: Logger
}

/** Before anything is projected or tried. A log that is rows of the same database went back with it. What is to be said of it in readiness. */
export async function goOnBehindLog(deps: Deps, signal: AbortSignal): Promise<readonly Check[]> {
  if (deps.log.inside !== null) return []
  while (!(await look(deps, signal))) signal.throwIfAborted()
  return passOverForgotten(deps, signal)
}

/** false: somebody else looked meanwhile. */
async function look(deps: Deps, signal: AbortSignal): Promise<boolean> {
  const { database, log, topic, logger } = deps
  const seen = await readSeen(database)
  const commandEnds = await log.positionsAt(topic('commands'), 'end', signal)
  const looked = await findAhead(deps, seen, signal)
  const ahead = looked.filter(one => one.from < one.until)
  if (ahead.length === 0) return true
  const found = await lookThrough(deps, ahead, signal)
  const ends = looked.map(({ partition, from, until }) => {
    const endOffset = commandEnds.find(end => end.partition === partition)?.nextOffset ?? 0n
    return { partition, endOffset, outcomesNext: from, outcomesEnd: until }
  })
  const lost = await database.transact(async tx => {
    if (!(await keepSeen(tx, ahead, seen))) return null
    if (!found.isOlder) return 0
    await raiseEpochs(tx, found.epoch)
    await beginAgain(tx, ends)
    return loseWaiting(tx)
  }, signal)
  if (lost !== null && found.isOlder) logger.warn('database.older-than-log', { records: countOf(ahead), waiting: lost })
  return lost !== null
}

/** Of each partition of topic events what lies beyond whoever has read most of it, and beyond what was looked through before. */
async function findAhead(deps: Deps, seen: ReadonlyMap<number, bigint>, signal: AbortSignal): Promise<readonly Looked[]> {
  const events = deps.topic('events')
  const read = new Map(seen)
  for (const { topic, partition, nextOffset } of (await readConsumers(deps)).flatMap(one => one.positions))
    if (topic === events && nextOffset > (read.get(partition) ?? 0n)) read.set(partition, nextOffset)
  const ends = await deps.log.positionsAt(events, 'end', signal)
  return ends.map(({ partition, nextOffset: until }) => ({ partition, from: read.get(partition) ?? 0n, until }))
}

/** `epoch`: the greatest there is. */
type Found = { isOlder: boolean; epoch: number }

async function lookThrough(deps: Deps, ahead: readonly Looked[], signal: AbortSignal): Promise<Found> {
  const found = await Promise.all(ahead.map(one => lookThroughOne(deps, one, signal)))
  const epoch = Math.max(...found.map(one => one.epoch))
  const isOlder = found.some(one => one.isOlder) || epoch > (await lastEpoch(deps.database))
  return { isOlder, epoch }
}

async function lookThroughOne(deps: Deps, { partition, from, until }: Looked, signal: AbortSignal): Promise<Found> {
  const found = { isOlder: false, epoch: 0 }
  for (let nextOffset = from; nextOffset < until; ) {
    const page = await readSome(deps, { partition, nextOffset, untilOffset: until }, signal)
    found.epoch = Math.max(found.epoch, ...page.records.map(epochOf))
    found.isOlder ||= await isForgotten(deps.database, await outcomesIn(deps.codec, page.records, signal))
    nextOffset = page.nextOffset
  }
  return found
}

/** 0: it says none that can have been given. */
function epochOf({ headers }: LogRecord): number {
  const epoch = Number(headers.epoch)
  return Number.isSafeInteger(epoch) && epoch <= MOST_EPOCHS ? epoch : 0
}

const countOf = (ahead: readonly Looked[]): number =>
  ahead.reduce((records, { from, until }) => records + Number(until - from), 0)

// One rebuild in the hands of this process, from whichever state it is in:
//
//   filling     tables of its own are filled from the first record on; then what earlier versions could not read is read once more
//   comparing   at one place and in one snapshot it is compared with what is read; what the log has forgotten is copied
//   ready       it follows what is read. By itself it goes on only where every row is the same and no account is left out
//   swapped     its tables are read. Those from before follow, so that a rollback is a swap
//   rolled-back those from before are read again. Its own follow, and may be swapped in once more
//
//   cancelled, failed, or removed: its tables are taken down
import type { Transaction } from '../../database/database.ts'
import { wait } from '../../runtime/wait.ts'
import { schemaOf } from '../make-tables.ts'
import { createRereading } from '../reread.ts'
import { forgetRereads, listRereads } from '../reread-rows.ts'
import { forgetSome } from './checkpoint-rows.ts'
import { isEqual } from './compare.ts'
import { type Fill, Halted, openFill } from './fill.ts'
import { compareBoth } from './look.ts'
import { forgottenIn, prepare, type Running } from './prepare.ts'
import { findHeld, keepFindings, lockHeld, move, noteTakenDown, type Rebuild, sayWhy } from './rebuild-rows.ts'
import { NEAR_RECORDS } from './stand-still.ts'
import { exchange } from './swap.ts'
import { matchIndexes } from './twin-indexes.ts'
import { dropTwin, readShapes } from './twin-tables.ts'

type Step = { rebuild: Rebuild; fill: Fill }
type Outcome = 'goes-on' | 'stood-still-in-vain'

const LOOK_EVERY_MS = 200
/** Between two tries to have what is read stand still, which its readers notice. */
const TRY_AGAIN_MS = 5_000

/** Until it is over, somebody else's, or told to stop. Rejects what its parts reject: then it is tried again from its row. */
export async function runRebuild(running: Running, signal: AbortSignal): Promise<void> {
  const { deps } = running
  const { lookEveryMs: everyMs = LOOK_EVERY_MS, tryAgainMs = TRY_AGAIN_MS } = deps
  let outcome: Outcome = 'goes-on'
  let fill: Fill | null = null
  do {
    const rebuild = await read(running)
    if (rebuild === null) return
    if (isOver(rebuild)) return takeDown(running, rebuild, signal)
    const prepared = await prepare(running, rebuild, signal)
    if (prepared === 'elsewhere') continue
    if (prepared !== 'prepared') {
      await fail(running, rebuild, prepared.broken)
      continue
    }
    fill ??= await openFill(deps, running.pair, signal)
    outcome = await asLongAs(running, { rebuild, fill, everyMs }, signal)
  } while (await wait(outcome === 'stood-still-in-vain' ? tryAgainMs : everyMs, signal))
}

/** null: it is somebody else's by now. */
const read = ({ deps, held }: Running): Promise<Rebuild | null> => findHeld(deps.database, held)

const isOver = ({ state, removed }: Rebuild): boolean => removed || state === 'cancelled' || state === 'failed'

/** A step, and no longer than it is in this state: a long one hears of it meanwhile. */
async function asLongAs(
  running: Running,
  { everyMs, ...step }: Step & { everyMs: number },
  signal: AbortSignal,
): Promise<Outcome> {
  const stopping = new AbortController()
  const both = AbortSignal.any([signal, stopping.signal])
  const looking = (async () => {
    while (await wait(everyMs, both)) {
      const now = await read(running)
      running.deps.left(await step.fill.behind())
      if (now === null || now.state !== step.rebuild.state || isOver(now)) stopping.abort()
      else if (now.state === 'filling' || now.state === 'comparing')
        await sayWhy(running.deps.database, running.held, { state: now.state, why: step.fill.waitsFor() })
    }
  })()
  looking.catch(() => stopping.abort()) // what keeps it from looking keeps the next look, too, which says so
  try {
    return await stepOf[step.rebuild.state](running, step, both)
  } catch (error) {
    if (error instanceof Halted) await fail(running, step.rebuild, error.message)
    else if (!both.aborted) throw error
    return 'goes-on'
  } finally {
    stopping.abort()
    await looking.catch(() => undefined)
  }
}

const stepOf: Readonly<Record<Rebuild['state'], (running: Running, step: Step, signal: AbortSignal) => Promise<Outcome>>> = {
  filling: fillUp,
  comparing: compare,
  ready: follow,
  swapped: follow,
  'rolled-back': follow,
  cancelled: async () => 'goes-on',
  failed: async () => 'goes-on',
}

async function fillUp({ deps, pair, held }: Running, { rebuild, fill }: Step, signal: AbortSignal): Promise<Outcome> {
  await fill.advance(null, { paced: true }, signal)
  if ((await fill.behind()) > NEAR_RECORDS) return 'goes-on'
  const rereading = createRereading({ ...deps, secrets: deps.earlierSecrets }, pair.beside)
  await rereading.work(fill.own, signal)
  if ((await listRereads(deps.database, pair.beside)).length > 0) return 'goes-on'
  await matchIndexes(deps.database, deps.openIndexSession, pair, signal)
  for (const { table } of await readShapes(deps.database, pair))
    await deps.database.query(`analyze ${schemaOf(pair.beside)}.${table}`)
  if (await move(deps.database, held, { from: ['filling'], state: 'comparing' }))
    deps.logger.info('rebuild.filled', { rebuildId: rebuild.rebuildId, projection: rebuild.projection })
  return 'goes-on'
}

async function compare({ deps, pair, held }: Running, { rebuild, fill }: Step, signal: AbortSignal): Promise<Outcome> {
  if (rebuild.compared !== null) {
    await move(deps.database, held, { from: ['comparing'], state: 'ready' })
    return 'goes-on'
  }
  await fill.advance(null, { paced: true }, signal)
  const forgotten = await forgottenIn(deps, pair, signal)
  const isForgotten = (instanceId: string) => forgotten.has(deps.partitionOf(instanceId))
  const { database } = deps
  const compared = await compareBoth({ database, fill, pair, isForgotten }, (tx, found) => keepFindings(tx, held, found), signal)
  if (compared === null) return 'stood-still-in-vain'
  const { rebuildId } = rebuild
  for (const { table, ...found } of compared) {
    const { rows, rebuilt, copied, missing, extra, differing } = found
    deps.logger.info('rebuild.compared', { rebuildId, table, rows, rebuilt, copied, missing, extra, differing })
  }
  return 'goes-on'
}

async function follow(running: Running, { rebuild, fill }: Step, signal: AbortSignal): Promise<Outcome> {
  const { deps, held } = running
  await fill.advance(null, { paced: true }, signal)
  const next = nextOf(rebuild, await fill.leftOut())
  deps.waits(next.kind === 'stay' && rebuild.state === 'ready')
  if (next.kind === 'stay' || (await fill.behind()) > NEAR_RECORDS) {
    if (next.kind === 'stay') await sayWhy(deps.database, held, { state: rebuild.state, why: next.why })
    return 'goes-on'
  }
  await matchIndexes(deps.database, deps.openIndexSession, running.pair, signal)
  const swapped = await exchange(
    { ...running, database: deps.database, fill },
    { from: [rebuild.state], state: next.state },
    signal,
  )
  if (swapped.kind === 'later') {
    await sayWhy(deps.database, held, { state: rebuild.state, why: swapped.why })
    return 'stood-still-in-vain'
  }
  deps.logger.info('rebuild.swapped', { rebuildId: held.rebuildId, projection: rebuild.projection, state: next.state })
  return 'goes-on'
}

type Next = { kind: 'exchange'; state: 'swapped' | 'rolled-back' } | { kind: 'stay'; why: string | null }

/** `leftOut`: accounts of which a record could not be projected into what follows. Pure. */
export function nextOf({ state, swap, wanted, compared, forgottenRecords }: Rebuild, leftOut: number): Next {
  if (state === 'swapped') return wanted === 'rollback' ? { kind: 'exchange', state: 'rolled-back' } : { kind: 'stay', why: null }
  if (wanted === 'swap') return { kind: 'exchange', state: 'swapped' }
  if (state === 'rolled-back') return { kind: 'stay', why: null }
  if (leftOut > 0)
    return {
      kind: 'stay',
      why: `${leftOut} accounts are left out of it, because a record of each could not be projected: swap it all the same, or cancel it`,
    }
  if (compared === null || !isEqual(compared))
    return { kind: 'stay', why: `${differs}${forgottenRecords > 0 ? inPart(forgottenRecords) : ''}` }
  return swap === 'auto' ? { kind: 'exchange', state: 'swapped' } : { kind: 'stay', why: 'it waits to be swapped' }
}

const differs = 'it is not the same as what is read: look at what was compared, then swap it or cancel it'
const inPart = (forgotten: number): string =>
  `; ${forgotten} records are no longer in the log, and a swap loses what these alone had said of rows that differ`

async function fail({ deps, held }: Running, { state }: Rebuild, why: string): Promise<void> {
  if (await move(deps.database, held, { from: [state], state: 'failed', why }))
    deps.logger.error('rebuild.failed', { rebuildId: held.rebuildId, reason: why })
}

/** Safe to be killed and done again. Where its tables are gone those that there are are another rebuild’s. */
async function takeDown({ deps, pair, held }: Running, { hasTables }: Rebuild, signal: AbortSignal): Promise<void> {
  const { database, logger } = deps
  const forget = async (tx: Transaction) => (await lockHeld(tx, held))?.hasTables === true && (await forgetSome(tx, pair))
  while (await database.transact(forget, signal));
  await database.transact(async tx => {
    if (hasTables) {
      await forgetRereads(tx, pair.beside)
      await dropTwin(tx, pair)
    }
    // Locked last, because to drop them takes its time: whoever has it could not say so meanwhile.
    if (!(await noteTakenDown(tx, held))) throw new Error(`taking rebuild ${held.rebuildId} down: it is another process’s by now`)
  }, signal)
  logger.info('rebuild.taken-down', { rebuildId: held.rebuildId })
}

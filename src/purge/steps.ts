// What a purge does, in order. The row names the step that is next: each can be done again, whoever was killed in the middle of it.
//
//   account   its owner logs it out at WhatsApp and erases the auth state; whoever could still append for it has stopped, and what was
//             owed to the log of it is taken back
//   announce  instance.deleted, purged, is in the log: the last record of it among the events
//   settle    every transaction is over that began before the tombstone could be seen: from here on nobody writes a row for it
//   rows      table after table, a batch at a time
//   objects   by rows, by listing, by the log; then what unfinished uploads left
//   check     nothing is left: done. Else from `rows` on again
import type { Database } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import { requestId } from '../events/ids.ts'
import { isGivenUp } from '../instances/instance-ids.ts'
import { lockOwed, takeBack } from '../instances/outbox.ts'
import type { EventLog } from '../log/log.ts'
import { eraseIncoming, eraseListed, eraseUploads, type ObjectDeps, type Pause } from './erase-objects.ts'
import { eraseBatch, findLeft } from './erase-rows.ts'
import { eraseTold, type ToldDeps } from './erase-told.ts'
import type { Erasure } from './erasure.ts'
import { erasures } from './erasures.ts'
import { advance, finish, type Progress, type Purge, tellWaiting } from './purge-rows.ts'
import { type afterRows, type beforeRows, FIRST_ROWS, rowsStepOf, stepNames } from './step-names.ts'

export type StepDeps = ObjectDeps &
  ToldDeps & {
    database: Database
    log: Pick<EventLog, 'append' | 'read' | 'lag'>
    codec: Pick<Codec, 'encode' | 'decode'>
    clock: () => number
  }
/**
 * The purge as it is now. null: somebody else went on with it, it is done, or we are to stop. A waitsFor says that nothing happened.
 * Rejects where a part is away: then it is tried again.
 */
type Step = (deps: StepDeps, purge: Purge, of: { next: Progress; pause: Pause }, signal: AbortSignal) => Promise<Purge | null>

const named: Readonly<Record<(typeof beforeRows | typeof afterRows)[number], Step>> = {
  account: awaitAccount,
  announce,
  settle: awaitTransactions,
  'objects by row': eraseIncoming,
  'objects listed': eraseListed,
  'objects in the log': (deps, purge, { next }, signal) => eraseTold(deps, purge, next, signal),
  uploads: eraseUploads,
  check,
}
const steps: ReadonlyMap<string, Step> = new Map([
  ...Object.entries(named),
  ...erasures.map((erasure): [string, Step] => [rowsStepOf(erasure), rowsStep(erasure)]),
])

/** One step, or one batch of it. */
export function takeStep(deps: StepDeps, purge: Purge, pause: Pause, signal: AbortSignal): Promise<Purge | null> {
  const step = steps.get(purge.step)
  if (step === undefined) return advance(deps.database, purge, { step: FIRST_ROWS, cursor: null })
  return step(deps, purge, { next: { step: stepNames[stepNames.indexOf(purge.step) + 1] ?? 'check' }, pause }, signal)
}

/**
 * What the API still owes the log of it is taken back with that: the rows are locked, so that what is on its way to the log is there first,
 * and nothing is appended after it.
 */
async function awaitAccount(
  { database }: StepDeps,
  purge: Purge,
  { next }: { next: Progress },
  signal: AbortSignal,
): Promise<Purge | null> {
  const { instanceId } = purge
  const after = await database.transact(async tx => {
    const owed = await lockOwed(tx, instanceId)
    const isUnborn = owed.some(one => one.type === 'instance.created')
    if (!(await isGivenUp(tx, { id: instanceId, isUnborn }))) return purge
    await takeBack(tx, owed)
    return advance(tx, purge, next)
  }, signal)
  if (after !== purge) return after
  return tellWaiting(database, purge, 'a process with the role producers to log the account out and to give it up')
}

/** Under an id of its own, the same one however often a kill makes us say it. */
async function announce(deps: StepDeps, purge: Purge, { next }: { next: Progress }, signal: AbortSignal): Promise<Purge | null> {
  const nowAt = deps.clock()
  const { instanceId } = purge
  const event = {
    type: 'instance.deleted' as const,
    eventId: requestId({ instanceId, type: 'instance.deleted', requestId: purge.requestId }),
    instanceId,
    epoch: 0,
    sequence: 0,
    occurredAt: nowAt,
    recordedAt: nowAt,
    purged: true,
  }
  await deps.log.append({ topic: deps.topic('events'), records: [deps.codec.encode(event)] }, signal)
  return advance(deps.database, purge, { ...next, cursor: null })
}

/**
 * Whoever writes asks for the tombstone in the transaction that writes: one that asked before the tombstone began before `since`, which is
 * taken after it. Other programs' transactions write nothing of ours.
 */
async function awaitTransactions({ database }: StepDeps, purge: Purge, { next }: { next: Progress }): Promise<Purge | null> {
  if (typeof purge.cursor !== 'string') {
    const [row] = await database.query<{ now: string }>('select clock_timestamp()::text as now')
    return advance(database, purge, { cursor: row?.now ?? null })
  }
  const [open] = await database.query<{ name: string }>(
    `select application_name as name from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name like 'zaplog%' and xact_start <= $1::timestamptz
     order by xact_start limit 1`,
    [purge.cursor],
  )
  if (open === undefined) return advance(database, purge, { ...next, cursor: null })
  return tellWaiting(database, purge, `a transaction of ${open.name} that began before to end`)
}

function rowsStep(erasure: Erasure): Step {
  return ({ database }, purge, { next }, signal) => eraseBatch(database, purge, { erasure, next }, signal)
}

async function check({ database }: StepDeps, purge: Purge, _: unknown, signal: AbortSignal): Promise<Purge | null> {
  return database.transact(async tx => {
    if ((await findLeft(tx, purge.instanceId)) !== null) return advance(tx, purge, { step: FIRST_ROWS, cursor: null })
    await finish(tx, purge)
    return null
  }, signal)
}

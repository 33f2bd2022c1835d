// What there is of an instance, and how far its purge is, for whoever asks before, meanwhile and after.
import { boundedCount, MOST_SHOWN } from '../database/bounded-count.ts'
import type { Transaction } from '../database/database.ts'
import { reservedIds } from '../instances/instance-ids.ts'
import { heldWords } from './erasure.ts'
import { erasures } from './erasures.ts'
import { stepNames } from './step-names.ts'

/** `count`: MOST_SHOWN and more as MOST_SHOWN. */
export type Held = { what: string; count: number }
export type PurgeStanding = {
  /** none: nobody asked for it. */
  state: 'none' | 'running' | 'done'
  requestedAt: Date | null
  doneAt: Date | null
  step: { name: string; number: number; of: number } | null
  waitsFor: string | null
  erased: readonly Held[]
}

const counted = erasures
  .flatMap(({ told }) => (told === null ? [] : [told]))
  .toSorted((one, other) => heldWords.indexOf(one.what) - heldWords.indexOf(other.what))

/** What people call the rows of an erasure; others go by their table. */
const wordOf = new Map(erasures.flatMap(({ name, told }) => (told === null ? [] : [[name, told.what] as const])))

/** What a deletion leaves and a purge erases, counted one index entry at a time and no further than is worth saying. */
export async function readHeld(database: Transaction, instanceId: string): Promise<readonly Held[]> {
  const selects = counted.map(
    ({ what, from }) => `select '${what}' as what, ${boundedCount(`from ${from}`, MOST_SHOWN)} as count`,
  )
  return database.query<Held>(selects.join(' union all '), [instanceId])
}

type Row = {
  requested_at: Date
  done_at: Date | null
  step: string
  waits_for: string | null
  erased: Record<string, number>
}

/** null: there never was such an instance. */
export async function readPurge(database: Transaction, instanceId: string): Promise<PurgeStanding | null> {
  const [row] = await database.query<{ [Column in keyof Row]: Row[Column] | null }>(
    `select p.requested_at, p.done_at, p.step, p.waits_for, p.erased from ${reservedIds} i left join purges p using (instance_id)
     where i.instance_id = $1`,
    [instanceId],
  )
  if (row === undefined) return null
  const { requested_at: requestedAt, done_at: doneAt, step, waits_for: waitsFor } = row
  const erased = Object.entries(row.erased ?? {}).map(([name, count]) => ({ what: wordOf.get(name) ?? name, count }))
  if (requestedAt === null || step === null)
    return { state: 'none', requestedAt: null, doneAt: null, step: null, waitsFor: null, erased }
  if (doneAt !== null) return { state: 'done', requestedAt, doneAt, step: null, waitsFor: null, erased }
  return {
    state: 'running',
    requestedAt,
    doneAt: null,
    step: { name: step, number: stepNames.indexOf(step) + 1, of: stepNames.length },
    waitsFor,
    erased,
  }
}

// Events become rows in two statements: one reads all that anybody has to know, then everything is decided in memory, and one writes all that
// came of it. Several projections may take part, each with its own events.
import type { Transaction } from '../database/database.ts'
import { type Found, type Read, readTogether, type Write, writeTogether } from '../database/statement-parts.ts'
import { readPurged } from '../purge/tombstones.ts'
import { accountOf } from './account.ts'
import { type Move, type Moved, moveCheckpoints, revisionsOf } from './checkpoints.ts'
import type { Changes, Emission, Placed, Projection } from './projection.ts'
import { type Quarantined, quarantineKey } from './quarantine.ts'
import { seenOf } from './seen.ts'

/** What a projection takes in. */
export type Share = {
  projection: Projection
  placed: readonly Placed[]
  /** Keys of which there were records beside these: of types that this version does not know, or that do not decode. */
  unplaced: ReadonlySet<string>
  /** Each moves first, and what is of a partition that somebody else moved is left out. none: the caller has moved them. */
  moves: readonly Move[] | 'moved'
  /** Keys that are quarantined by it. */
  leftOut: readonly Quarantined[]
}
/** `fresh`: what was applied. */
export type Done = { fresh: readonly Placed[]; duplicates: number; conflicts: readonly Placed[]; emissions: readonly Emission[] }
/** The new revision of each partition that was moved. */
export type Applied = { revisions: ReadonlyMap<number, bigint>; done: Done }

export const nothingDone: Done = { fresh: [], duplicates: 0, conflicts: [], emissions: [] }

/**
 * Answers in the order of the shares. What is of purged instances is dropped, in this transaction and so before any row is written, then
 * copies, and the rest is applied. A log that is read again brings nothing of them back.
 */
export async function applyShares(tx: Transaction, shares: readonly Share[]): Promise<readonly Applied[]> {
  const purged = readPurged(shares.flatMap(share => share.placed.map(one => one.event.instanceId)))
  const asked = shares.map(ask)
  const found = await readTogether(tx, [purged, ...asked.flatMap(one => one.reads)])
  const gone = new Set(found(purged).map(row => row.instance_id))
  const decided = []
  for (const one of asked) decided.push(await decide(one, found, gone))
  for (const { projection, leftOut } of decided) for (const left of leftOut) await quarantineKey(tx, projection, left)
  await writeTogether(
    tx,
    decided.flatMap(one => one.writes),
  )
  for (const { sql, values, isEmpty } of decided.flatMap(one => one.afterwards)) if (!isEmpty) await tx.query(sql, values)
  return decided
}

/** Of one projection, in partitions that the caller has moved. */
export async function applyEvents(
  tx: Transaction,
  projection: Projection,
  placed: readonly Placed[],
  unplaced: ReadonlySet<string> = new Set(),
): Promise<Done> {
  const [applied] = await applyShares(tx, [{ projection, placed, unplaced, moves: 'moved', leftOut: [] }])
  return applied?.done ?? nothingDone
}

type Asked = Share & ReturnType<typeof partsOf> & { reads: readonly Read<unknown>[] }
type Decided = Applied & Pick<Share, 'projection' | 'leftOut'> & { writes: readonly Write[]; afterwards: readonly Write[] }

function ask(share: Share): Asked {
  const parts = partsOf(share)
  return { ...share, ...parts, reads: [...parts.moving, ...parts.seen.reads, ...parts.account.reads, ...parts.gathering.reads] }
}

const partsOf = ({ projection, placed, unplaced, moves }: Share) => ({
  moving: moves === 'moved' ? [] : [moveCheckpoints(projection, moves)],
  seen: seenOf(projection, placed),
  account: accountOf(projection, placed, unplaced),
  gathering: projection.gather(placed),
})

async function decide(asked: Asked, found: Found, purged: ReadonlySet<string>): Promise<Decided> {
  const { projection, moving, seen, account, gathering } = asked
  const revisions = revisionsOf(moving.flatMap((one: Read<Moved>) => found(one)))
  const isOurs = (partition: number) => asked.moves === 'moved' || revisions.has(partition)
  const placed = asked.placed.filter(one => isOurs(one.position.partition) && !purged.has(one.event.instanceId))
  const { fresh, duplicates, conflicts, writes } = seen.sort(found, placed)
  const changes = fresh.length === 0 ? nothingChanges : await gathering.decide(found, fresh)
  return {
    projection,
    leftOut: asked.leftOut.filter(left => isOurs(left.partition)),
    revisions,
    done: { fresh, duplicates, conflicts, emissions: changes.emissions },
    writes: [...writes, ...account.writesOf(found, placed, fresh), ...changes.writes],
    afterwards: changes.afterwards,
  }
}

const nothingChanges: Changes = { writes: [], afterwards: [], emissions: [] }

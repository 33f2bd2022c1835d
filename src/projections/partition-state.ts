// What a member knows of a partition that it owns, as a value, and what each happening makes of it. Pure.
import type { Advance, Checkpoint } from './checkpoints.ts'
import type { Quarantined } from './quarantine.ts'

export type PartitionState = {
  revision: bigint
  /** Per topic, named without prefix. */
  offsets: ReadonlyMap<string, bigint>
  quarantined: readonly Quarantined[]
  /** The outbox may hold records of the partition. */
  owesLog: boolean
  /** The batch that failed last for a reason of its own, and how often it has. */
  failing: { topic: string; fromOffset: bigint; attempts: number } | null
}
type BatchStart = { topic: string; fromOffset: bigint }

export const neverTaken: PartitionState = { revision: -1n, offsets: new Map(), quarantined: [], owesLog: true, failing: null }

/** The tables say how it is; what an earlier owner put into the outbox is not known. */
export const takenOver = (
  state: PartitionState,
  { revision, offsets }: Checkpoint,
  quarantined: readonly Quarantined[],
): PartitionState => ({ ...state, revision, offsets: new Map(offsets), quarantined, owesLog: true })

/** A step is committed: from here on what it wrote holds in memory too. `advance`: null for one that read nothing. */
export const stepped = (
  state: PartitionState,
  by: { revision: bigint; owesLog: boolean },
  { advance, leftOut }: { advance: Advance | null; leftOut: readonly Quarantined[] },
): PartitionState => ({
  ...state,
  revision: by.revision,
  offsets: advance === null ? state.offsets : new Map(state.offsets).set(advance.topic, advance.nextOffset),
  quarantined: [...state.quarantined, ...leftOut],
  owesLog: state.owesLog || by.owesLog,
  failing: advance === null ? state.failing : null,
})

/** It does not wait, stand still or leave anything out: others may take a step together with it. */
export const goesOn = ({ revision, quarantined, owesLog, failing }: PartitionState): boolean =>
  revision >= 0n && quarantined.length === 0 && !owesLog && failing === null

/** All that the outbox held is in the log. */
export const paid = (state: PartitionState): PartitionState => ({ ...state, owesLog: false })

export const failedAgain = (state: PartitionState, batch: BatchStart): PartitionState => {
  const { topic, fromOffset } = batch
  return { ...state, failing: { topic, fromOffset, attempts: failuresOf(state, batch) + 1 } }
}

export const failuresOf = ({ failing }: PartitionState, { topic, fromOffset }: BatchStart): number =>
  failing?.topic === topic && failing.fromOffset === fromOffset ? failing.attempts : 0

export const narrowedDown = (state: PartitionState): PartitionState => ({ ...state, failing: null })

export const keysLeftOut = ({ quarantined }: PartitionState): ReadonlySet<string> => new Set(quarantined.map(one => one.key))

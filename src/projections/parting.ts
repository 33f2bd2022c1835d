// When a projection that failed together with others takes steps with them again: once it has succeeded alone, and after a wait that is twice
// as long each time that going together was no good for as long as it had been apart. Pure; instants are performance.now().

/** They go together again from `untilAt` on, if it has succeeded alone since. */
export type Parting = { waitMs: number; untilAt: number; hasSucceeded: boolean }

const FIRST_MS = 1_000
const LONGEST_MS = 5 * 60_000

export const isApart = (parting: Parting | undefined, nowAt: number): boolean =>
  parting !== undefined && (!parting.hasSucceeded || nowAt < parting.untilAt)

/** `before`: the last one, however long ago. Of those that are apart already nothing changes: what failed had begun before. */
export function parted(before: Parting | undefined, nowAt: number): Parting {
  if (before === undefined || isOver(before, nowAt)) return apartFor(FIRST_MS, nowAt)
  return isApart(before, nowAt) ? before : apartFor(Math.min(before.waitMs * 2, LONGEST_MS), nowAt)
}

/** The wait counts from the parting, and being together from here on at the earliest. */
export const succeeded = (parting: Parting, nowAt: number): Parting =>
  parting.hasSucceeded ? parting : { ...parting, hasSucceeded: true, untilAt: Math.max(parting.untilAt, nowAt) }

/** They have gone together for longer than they had been apart: the next parting is a first one. */
export const isOver = (parting: Parting, nowAt: number): boolean =>
  parting.hasSucceeded && nowAt - parting.untilAt > parting.waitMs

const apartFor = (waitMs: number, nowAt: number): Parting => ({ waitMs, untilAt: nowAt + waitMs, hasSucceeded: false })

// Who works on which partition numbers: fair, moved only where fairness demands it, and never given to a member while another still holds them.
// Pure. Whoever leads the group computes it for all.

export type GroupMember = {
  id: string
  topics: readonly string[]
  /** Partition numbers it works on, or is still finishing. */
  held: readonly number[]
  /** The generation in which it got them: of two who claim one, the newer does. */
  generation: number
  /** It gives back what it holds and takes nothing. */
  leaving: boolean
}

/** By member id; numbers ascending. What must move is left out until its holder has given it back and joined again. */
export function assignPartitions(members: readonly GroupMember[], partitions: number): Map<string, number[]> {
  const holders = holdersOf(members, partitions)
  const heldBy = (id: string) => [...holders].flatMap(([partition, holder]) => (holder === id ? [partition] : []))
  const takers = members
    .filter(({ leaving }) => !leaving)
    .map(({ id }) => ({ id, held: heldBy(id) }))
    .sort((a, b) => b.held.length - a.held.length || (a.id < b.id ? -1 : 1))
    .map((taker, index, { length }) => ({
      ...taker,
      quota: Math.floor(partitions / length) + (index < partitions % length ? 1 : 0),
    }))
  const assigned = new Map(members.map(({ id }) => [id, [] as number[]]))
  for (const { id, held, quota } of takers) assigned.set(id, held.slice(0, quota))
  for (const partition of numbersBelow(partitions).filter(number => !holders.has(number))) {
    const taker = takers.find(({ id, quota }) => (assigned.get(id)?.length ?? 0) < quota)
    if (taker !== undefined) assigned.get(taker.id)?.push(partition)
  }
  for (const numbers of assigned.values()) numbers.sort((a, b) => a - b)
  return assigned
}

/** Holder by partition, ascending. */
function holdersOf(members: readonly GroupMember[], partitions: number): Map<number, string> {
  const newestFirst = members.toSorted((a, b) => b.generation - a.generation || (a.id < b.id ? -1 : 1))
  const holders = new Map<number, string>()
  for (const partition of numbersBelow(partitions)) {
    const holder = newestFirst.find(({ held }) => held.includes(partition))
    if (holder !== undefined) holders.set(partition, holder.id)
  }
  return holders
}

const numbersBelow = (count: number) => Array.from({ length: count }, (_, number) => number)

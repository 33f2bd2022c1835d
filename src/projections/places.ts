// How many transactions a projection may have under way, in whatever company: those that it takes alone and with fellows are counted together.

export type Places = {
  /** What one of these projections has taken, the one that has the most. */
  taken(projections: readonly string[]): number
  /** `onFree` is called whenever places were given back, whoever did so last after all others. */
  share(projections: readonly string[], onFree: () => void): SharedPlaces
}
export type SharedPlaces = { taken(): number; take(): void; giveBack(): void }

export function createPlaces(): Places {
  const counts = new Map<string, number>()
  const listening = new Set<() => void>()
  const countOf = (name: string) => counts.get(name) ?? 0
  const taken = (projections: readonly string[]) => Math.max(...projections.map(countOf))
  const add = (projections: readonly string[], change: number) => {
    for (const name of projections) counts.set(name, countOf(name) + change)
  }
  return {
    taken,
    share: (projections, onFree) => {
      listening.add(onFree)
      return {
        taken: () => taken(projections),
        take: () => add(projections, 1),
        giveBack: () => {
          add(projections, -1)
          listening.delete(onFree)
          listening.add(onFree)
          for (const call of [...listening]) call()
        },
      }
    },
  }
}

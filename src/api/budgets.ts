// How often something may happen under one name: some at once, then one every so often. Memory is bounded whatever comes in.

export type Budgets = {
  /** 0: one more may happen now. */
  waitMs(name: string, nowAt: number): number
  spend(name: string, nowAt: number): void
}

/** `nowAt` is of one clock that never goes back, in ms. Of more than maxNames the one that has been silent for longest is forgotten. */
export function createBudgets(options: { burst: number; everyMs: number; maxNames: number }): Budgets {
  const { burst, everyMs, maxNames } = options
  /** When the name has its whole burst again; in insertion order, and spending inserts anew. */
  const wholeAt = new Map<string, number>()

  return {
    waitMs: (name, nowAt) => Math.max(0, (wholeAt.get(name) ?? 0) - (burst - 1) * everyMs - nowAt),
    spend: (name, nowAt) => {
      const at = Math.max(wholeAt.get(name) ?? 0, nowAt) + everyMs
      wholeAt.delete(name)
      wholeAt.set(name, at)
      if (wholeAt.size > maxNames) forgetFirst(wholeAt)
    },
  }
}

/** A map and a set iterate in insertion order. */
export function forgetFirst(names: { keys(): Iterable<string>; delete(name: string): boolean }) {
  for (const name of names.keys()) {
    names.delete(name)
    return
  }
}

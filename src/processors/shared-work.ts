// Work under one name runs once at a time: who asks meanwhile gets the same answer, or the same failure.

export type SharedWork<T> = { share(name: string, work: () => Promise<T>): Promise<T> }

export function createSharedWork<T>(): SharedWork<T> {
  const running = new Map<string, Promise<T>>()
  return {
    share(name, work) {
      const known = running.get(name)
      if (known !== undefined) return known
      const started = work().finally(() => running.delete(name))
      running.set(name, started)
      return started
    },
  }
}

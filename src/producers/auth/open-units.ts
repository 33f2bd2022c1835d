// Units of writes that are being made: as long as one is, nothing of the account is written, so that no crash parts what belongs together.

export type OpenUnits = {
  run<T>(work: () => Promise<T>): Promise<T>
  /** Resolves as soon as none is being made; null: none is. */
  ended(): Promise<void> | null
}

export function createOpenUnits(): OpenUnits {
  let open = 0
  let ended = Promise.withResolvers<void>()
  return {
    run: async work => {
      open += 1
      try {
        return await work()
      } finally {
        open -= 1
        if (open === 0) {
          ended.resolve()
          ended = Promise.withResolvers<void>()
        }
      }
    },
    ended: () => (open === 0 ? null : ended.promise),
  }
}

// What keeps a projection's timers from their work, for its check: said once in the log when it begins, and forgotten when it is over.
import type { Logger } from '../runtime/logger.ts'

export type Troubles = {
  /** `trouble`: null: there is none, or none any more. */
  say(what: string, trouble: string | null): void
  list(): readonly string[]
}

export function createTroubles(logger: Logger, projection: string): Troubles {
  const troubles = new Map<string, string>()
  return {
    say: (what, trouble) => {
      if (trouble === (troubles.get(what) ?? null)) return
      if (trouble === null) {
        troubles.delete(what)
        return
      }
      troubles.set(what, trouble)
      logger.warn('projection.stuck', { projection, what, reason: trouble })
    },
    list: () => [...troubles].map(([what, reason]) => `${what}: ${reason}`),
  }
}

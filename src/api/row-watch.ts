// Waiting for rows that somebody else writes, who says so on a channel, without a connection per reader.
import type { Database } from '../database/database.ts'
import { type Bell, createBell } from '../runtime/bell.ts'

export type RowWatch = {
  /** Asks at once, and again when one of `names` was said, until `answer` is not null or the signal aborts (null). */
  until<T>(answer: () => Promise<T | null>, names: readonly string[], signal: AbortSignal): Promise<T | null>
}

/** `names`: what payloads say; an empty one: any may have been missed. `pollMs`: whoever waits asks again after so long all the same. */
export async function openRowWatch(
  database: Pick<Database, 'listen'>,
  { channels, pollMs }: { channels: readonly string[]; pollMs: number },
  signal: AbortSignal,
): Promise<RowWatch> {
  /** Of whoever waits, by what they wait for. */
  const bells = new Map<string, Set<Bell>>()
  const ring = (said: string) => {
    for (const waiting of said === '' ? bells.values() : [bells.get(said) ?? []]) for (const bell of waiting) bell.ring()
  }
  for (const channel of channels) await database.listen(channel, ring, signal)
  return {
    until: async (answer, names, until) => {
      const bell = createBell()
      for (const name of names) bells.set(name, (bells.get(name) ?? new Set()).add(bell))
      try {
        for (;;) {
          const answered = await answer()
          if (answered !== null || until.aborted) return answered
          await bell.rung(until, pollMs)
        }
      } finally {
        for (const name of names) leave(bells, name, bell)
      }
    },
  }
}

function leave(bells: Map<string, Set<Bell>>, name: string, bell: Bell): void {
  const others = bells.get(name)
  others?.delete(bell)
  if (others?.size === 0) bells.delete(name)
}

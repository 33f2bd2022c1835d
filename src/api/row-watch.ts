// Waiting for rows that somebody else writes, who says so on a channel, without a connection per reader.
import type { Database } from '../database/database.ts'
import { type Bell, createBell } from '../runtime/bell.ts'

export type RowWatch = {
  /**
   * Asks at once, and again when something was said of the instance, until `answer` is not null or the signal aborts (null). `instanceId` null:
   * of any.
   */
  until<T>(answer: () => Promise<T | null>, signal: AbortSignal, instanceId?: string | null): Promise<T | null>
}

/** Wakes may be lost: whoever waits asks again after this long all the same. */
const POLL_MS = 1_000

/** `channels`: their payloads are ids of instances; an empty one: any may have been missed. */
export async function openRowWatch(
  database: Pick<Database, 'listen'>,
  channels: readonly string[],
  signal: AbortSignal,
): Promise<RowWatch> {
  /** One of each who waits. */
  const bells = new Map<Bell, string | null>()
  const ring = (said: string) => {
    for (const [bell, awaited] of bells) if (said === '' || awaited === null || awaited === said) bell.ring()
  }
  for (const channel of channels) await database.listen(channel, ring, signal)
  return {
    until: async (answer, until, instanceId = null) => {
      const bell = createBell()
      bells.set(bell, instanceId)
      try {
        for (;;) {
          const answered = await answer()
          if (answered !== null || until.aborted) return answered
          await bell.rung(until, POLL_MS)
        }
      } finally {
        bells.delete(bell)
      }
    },
  }
}

// What is told of commands goes on with their traces, by whichever role it is told.
import type { Traces } from '../runtime/traces.ts'

/** `traceparent` null: nobody traced it. */
export type Told = { events: readonly { eventId?: string | null }[]; traceparent: string | null }

/** While `work` encodes them. `traces` null or left out: they go on with nothing. */
export async function carryOutcomes<Of>(
  traces: Traces | null | undefined,
  told: readonly Told[],
  work: () => Promise<Of>,
): Promise<Of> {
  const letGo = told.map(({ events, traceparent }) => {
    const ids = events.flatMap(({ eventId }) => eventId ?? [])
    return traceparent === null ? undefined : traces?.carry(ids, traceparent)
  })
  try {
    return await work()
  } finally {
    for (const end of letGo) end?.()
  }
}

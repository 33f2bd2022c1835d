// Waiting in tests: for a condition, on one central deadline, never for a time.

const DEADLINE_MS = 30_000
/** Between two looks: a twentieth of what was waited so far. Asking costs CPU that what is waited for needs. */
const SHORTEST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 50

/** Resolves with the first truthy answer of `condition`; rejects with `what` and the last answer when the deadline passes. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<NonNullable<Exclude<T, false>>> {
  const beganAt = Date.now()
  for (;;) {
    const answer = await condition()
    if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<Exclude<T, false>>
    const waitedMs = Date.now() - beganAt
    if (waitedMs > deadlineMs) throw new Error(`waited ${deadlineMs} ms for: ${what}; last answer: ${JSON.stringify(answer)}`)
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waitedMs / 20))
    await new Promise(resolve => setTimeout(resolve, pauseMs))
  }
}

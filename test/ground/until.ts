// Waiting in tests: for a condition, on one central deadline, never for a time.

const DEADLINE_MS = 30_000

/** Resolves with the first truthy answer of `condition`; rejects with `what` and the last answer when the deadline passes. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<NonNullable<Exclude<T, false>>> {
  const endAt = Date.now() + deadlineMs
  for (;;) {
    const answer = await condition()
    if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<Exclude<T, false>>
    if (Date.now() > endAt) throw new Error(`waited ${deadlineMs} ms for: ${what}; last answer: ${JSON.stringify(answer)}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

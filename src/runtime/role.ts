// A role is one kind of work of this process: it says how it is and stops gracefully.

/** degraded: alive, but something outside keeps it from working; failed: a restart would help. */
export type Check = { name: string; state: 'ok' | 'degraded' | 'failed'; detail: string }
export type Role = {
  name: string
  checks(): readonly Check[]
  /** Stops intake, finishes or hands back what is in flight, saves progress. Idempotent. */
  close(): Promise<void>
}

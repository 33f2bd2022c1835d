// The QR code that an unpaired instance shows right now, and waiting for the next one without a connection per reader.
import type { Database } from '../../database/database.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { wait } from '../../runtime/wait.ts'

export type Qr = { qr: string; expiresAt: number }
export type PendingQr = {
  /** null: none is pending, or it has expired. */
  read(instanceId: string): Promise<Qr | null>
  /** Asks again and again until `answer` is not null or the signal aborts (null). */
  until<T>(answer: () => Promise<T | null>, signal: AbortSignal): Promise<T | null>
}

/** Wakes may be lost: whoever waits asks again after this long all the same. */
const POLL_MS = 1_000

export async function openPendingQr(deps: { database: Database; sealer: Sealer }, signal: AbortSignal): Promise<PendingQr> {
  const sleepers = new Set<AbortController>()
  await deps.database.listen(
    'instance_qr',
    () => {
      for (const sleeper of sleepers) sleeper.abort()
    },
    signal,
  )

  async function sleep(until: AbortSignal) {
    const sleeper = new AbortController()
    sleepers.add(sleeper)
    await wait(POLL_MS, AbortSignal.any([until, sleeper.signal]))
    sleepers.delete(sleeper)
  }

  return {
    read: async instanceId => {
      const [row] = await deps.database.query<{ qr: Buffer; expires_at_ms: string }>(
        `select qr, (extract(epoch from expires_at) * 1000)::bigint as expires_at_ms
         from instance_qr where instance_id = $1 and expires_at > now()`,
        [instanceId],
      )
      if (row === undefined) return null
      const qr = deps.sealer.open(row.qr, `instance_qr|${instanceId}`).toString('utf8')
      return { qr, expiresAt: Number(row.expires_at_ms) }
    },
    until: async (answer, until) => {
      for (;;) {
        const answered = await answer()
        if (answered !== null || until.aborted) return answered
        await sleep(until)
      }
    },
  }
}

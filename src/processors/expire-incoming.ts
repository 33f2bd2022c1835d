// Files under incoming/ go when their time is over: those that a row says we wrote, and no others, whoever they belong to.
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import type { EventLog } from '../log/log.ts'
import type { ObjectStore } from '../objects/objects.ts'
import { adoptIncoming } from './adopt-incoming.ts'
import { createIncomingRows, type IncomingRows } from './incoming-rows.ts'
import type { Timer, TimerEntry } from './processor.ts'

const DAY_MS = 86_400_000
/** A file forwarded again within this time is not fetched again. */
const INCOMING_KEPT_MS = 30 * DAY_MS
const BATCH = 500
const name = 'object-expiry'

export const expireIncoming: TimerEntry = {
  name,
  open: needs => incomingExpiry({ ...needs, rows: createIncomingRows(needs.database), keptMs: INCOMING_KEPT_MS }),
}

export type IncomingExpiryDeps = {
  objects: ObjectStore
  rows: IncomingRows
  log: EventLog
  codec: Codec
  topic(name: TopicName): string
  /** Since an object was written. */
  keptMs: number
}

export const incomingExpiry = (deps: IncomingExpiryDeps): Timer => ({
  name,
  everyMs: DAY_MS,
  afterFailureMs: 30_000, // until then readiness says that it failed
  subject: 'incoming/',
  async work(signal) {
    await adoptIncoming(deps, deps.topic('media-downloaded'), signal)
    const deleted = await expireDue(deps, signal)
    return deleted > 0 ? { level: 'info', event: 'objects.expired', fields: { prefix: 'incoming/', deleted } } : null
  },
  failed: error => ({ level: 'warn', event: 'objects.expiry-failed', fields: { prefix: 'incoming/', error } }),
})

/** Answers how many keys were deleted. Holds one batch of them, however many there are. */
export async function expireDue(
  { objects, rows, keptMs }: Pick<IncomingExpiryDeps, 'objects' | 'rows' | 'keptMs'>,
  signal: AbortSignal,
): Promise<number> {
  let deleted = 0
  for (;;) {
    const keys = await rows.due({ keptMs, limit: BATCH })
    if (keys.length === 0) return deleted
    await objects.delete(keys, signal)
    await rows.forget(keys, { keptMs })
    deleted += keys.length
  }
}

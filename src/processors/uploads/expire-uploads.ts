// Uploads whose time is over: those that nobody completed in time are failed and told, those of [30 d] ago are forgotten; what they put goes first.
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import { drainApiOutbox, owe } from '../../instances/outbox.ts'
import { uploadFailed } from '../../instances/upload-events.ts'
import { expiredUploads, failUpload, forgetUploads, objectsOf, oldUploads } from '../../instances/uploads.ts'
import type { EventLog } from '../../log/log.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Timer, TimerEntry } from '../processor.ts'

const name = 'upload-expiry'
const EVERY_MS = 60_000
const BATCH = 200

export const expireUploads: TimerEntry = { name, open: needs => uploadExpiry(needs) }

export type UploadExpiryDeps = {
  database: Database
  objects: Pick<ObjectStore, 'delete'>
  log: Pick<EventLog, 'append'>
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  clock: () => number
}

export const uploadExpiry = (deps: UploadExpiryDeps): Timer => ({
  name,
  everyMs: EVERY_MS,
  afterFailureMs: 10_000,
  subject: 'uploads',
  async work(signal) {
    const expired = await expire(deps, signal)
    const forgotten = await forget(deps, signal)
    const isWorthSaying = expired + forgotten > 0
    return isWorthSaying ? { level: 'info', event: 'uploads.expired', fields: { expired, forgotten } } : null
  },
  failed: error => ({ level: 'warn', event: 'uploads.expiry-failed', fields: { error } }),
})

/** Answers how many. One that is completed meanwhile stays. */
async function expire(deps: UploadExpiryDeps, signal: AbortSignal): Promise<number> {
  const why = { reason: 'expired', reasonText: 'Nobody completed it in time' } as const
  for (let expired = 0; ; ) {
    const rows = await expiredUploads(deps.database, { limit: BATCH })
    for (const row of rows) {
      const failed = await deps.database.transact(async tx => {
        const isFailed = await failUpload(tx, { uploadId: row.uploadId, states: ['pending'], ...why })
        if (isFailed) await owe(deps, tx, uploadFailed('upload.failed', row, { ...why, at: deps.clock() }))
        return isFailed
      }, signal)
      // A death before this leaves them to the row's own end.
      if (failed) await deps.objects.delete(objectsOf(row), signal)
      expired += Number(failed)
    }
    if (rows.length > 0) await drainApiOutbox(deps, signal)
    if (rows.length < BATCH) return expired
  }
}

async function forget({ database, objects }: UploadExpiryDeps, signal: AbortSignal): Promise<number> {
  for (let forgotten = 0; ; ) {
    const rows = await oldUploads(database, { limit: BATCH })
    await objects.delete(rows.flatMap(objectsOf), signal)
    await forgetUploads(
      database,
      rows.map(row => row.uploadId),
    )
    forgotten += rows.length
    if (rows.length < BATCH) return forgotten
  }
}

// The file of a part of history: brought whole under incoming/ and proven there before a byte of it is believed, or as it came inside of the
// notification.
import type { ObjectStore } from '../../objects/objects.ts'
import type { Config } from '../../runtime/config.ts'
import { fetchIncoming } from '../download/incoming.ts'
import type { Transfers } from '../download/transfers.ts'
import type { IncomingRows } from '../incoming-rows.ts'
import { MediaError } from '../media-error.ts'
import type { Part, Source } from './part.ts'

export type BlobDeps = {
  objects: ObjectStore
  incomingRows: IncomingRows
  transfers: Transfers
  /** Takes the place of every WhatsApp media host; null: WhatsApp. */
  cdnUrl: string | null
  config: Pick<Config['media'], 'idleTimeoutMs' | 'minTotalTimeoutMs'>
}

/** As the phone packed it: those of large accounts come in many parts of a few MiB. */
export const MAX_BLOB_BYTES = 256 * 1024 * 1024

export const blobKey = (
  objects: Pick<ObjectStore, 'newKey'>,
  { instanceId, eventId }: Pick<Source, 'instanceId' | 'eventId'>,
): string => objects.newKey(`incoming/${instanceId}/history/${eventId}`)

/** Rejects MediaError, ObjectError or DatabaseError, or with the signal's reason. */
export async function openBlob(
  deps: BlobDeps,
  { event, file, attempt }: { event: Source; file: NonNullable<Part['notification']['file']>; attempt: number },
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  if ('inline' in file) return once(file.inline)
  const key = blobKey(deps.objects, event)
  const { instanceId, eventId } = event
  await deps.incomingRows.remember({ key, instanceId })
  if ((await deps.objects.head(key, signal)) === null)
    await fetchIncoming(
      deps,
      {
        key,
        instanceId,
        kind: 'history',
        mimetype: null,
        metadata: { instance_id: instanceId, event_id: eventId, media_type: 'history' },
        source: file.source,
        maxBytes: MAX_BLOB_BYTES,
        timeouts: { ...deps.config, timeoutFactor: 2 ** (attempt - 1) },
      },
      signal,
    )
  const found = await deps.objects.get({ key }, signal)
  if (found === null) throw new MediaError('connection', 'reading history: what was just brought is not there')
  return found.body
}

/** It is done with. Rejects ObjectError or DatabaseError. */
export async function forgetBlob({ objects, incomingRows }: BlobDeps, source: Source, signal: AbortSignal): Promise<void> {
  const key = blobKey(objects, source)
  await objects.delete([key], signal)
  await incomingRows.forget([key], { keptMs: 0 })
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

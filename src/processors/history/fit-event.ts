// An event of history as a record that the log takes: raw bytes that are too long for one go to the object store.
import { createHash } from 'node:crypto'
import { type Codec, type EncodedEvent, EventError } from '../../events/codec.ts'
import type { Event } from '../../events/event.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Config } from '../../runtime/config.ts'
import type { Logger } from '../../runtime/logger.ts'

export type FitDeps = {
  codec: Pick<Codec, 'encode'>
  objects: Pick<ObjectStore, 'newKey' | 'put'>
  records: Pick<Config['log'], 'rawInlineBytes' | 'maxRecordBytes'>
  logger: Logger
}
/** `rawKey`: of its raw bytes in the object store; null: they are in the record. */
export type Fitted = { record: EncodedEvent; rawKey: string | null }

/** Headers and framing that count towards a record's size. */
const OVERHEAD_BYTES = 4 * 1024

/** null: there is no record that could hold it, which is said. Rejects ObjectError. */
export async function fitEvent(deps: FitDeps, event: Event, signal: AbortSignal): Promise<Fitted | null> {
  const { rawInlineBytes, maxRecordBytes } = deps.records
  const fits = (record: EncodedEvent) => record.value.length + OVERHEAD_BYTES <= maxRecordBytes
  try {
    const record = deps.codec.encode(event)
    if (fits(record) && (event.raw?.length ?? 0) <= rawInlineBytes) return { record, rawKey: null }
    const rawKey = event.raw ? deps.objects.newKey(`raw/${event.eventId}`) : null
    const smaller = deps.codec.encode(rawKey === null ? event : withRawAt(rawKey, event))
    if (fits(smaller)) {
      // Not before: nobody would name it.
      if (rawKey !== null) await putRaw(deps, { key: rawKey, event }, signal)
      return { record: smaller, rawKey }
    }
    sayLeftOut(deps.logger, event, new Error(`expected at most ${maxRecordBytes} bytes, got ${smaller.value.length}`))
  } catch (error) {
    if (!(error instanceof EventError)) throw error
    sayLeftOut(deps.logger, event, error)
  }
  return null
}

function withRawAt(key: string, event: Event): Event {
  const raw = event.raw ?? Buffer.of()
  const sha256 = createHash('sha256').update(raw).digest('hex')
  return { ...event, raw: null, rawObject: { key, sizeBytes: raw.length, sha256 } }
}

async function putRaw({ objects }: FitDeps, { key, event }: { key: string; event: Event }, signal: AbortSignal): Promise<void> {
  const metadata = { instance_id: event.instanceId, event_id: event.eventId }
  await objects.put({ key, body: once(event.raw ?? Buffer.of()), contentType: 'application/octet-stream', metadata }, signal)
}

export const sayLeftOut = (
  logger: Logger,
  { instanceId, eventId, type }: Pick<Event, 'instanceId' | 'eventId'> & { type: string },
  error: unknown,
) => logger.warn('history.entry-left-out', { instanceId, eventId, type, error })

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

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
    const { rawKey, ...moved } = await moveRaw(deps, event, signal)
    const smaller = deps.codec.encode(moved.event)
    if (fits(smaller)) return { record: smaller, rawKey }
    sayLeftOut(deps.logger, event, new Error(`expected at most ${maxRecordBytes} bytes, got ${smaller.value.length}`))
  } catch (error) {
    if (!(error instanceof EventError)) throw error
    sayLeftOut(deps.logger, event, error)
  }
  return null
}

async function moveRaw(
  { objects }: FitDeps,
  event: Event,
  signal: AbortSignal,
): Promise<{ event: Event; rawKey: string | null }> {
  const { raw, instanceId, eventId } = event
  if (!raw) return { event, rawKey: null }
  const rawKey = objects.newKey(`raw/${eventId}`)
  const metadata = { instance_id: instanceId, event_id: eventId }
  await objects.put({ key: rawKey, body: once(raw), contentType: 'application/octet-stream', metadata }, signal)
  const sha256 = createHash('sha256').update(raw).digest('hex')
  return { event: { ...event, raw: null, rawObject: { key: rawKey, sizeBytes: raw.length, sha256 } }, rawKey }
}

export const sayLeftOut = (
  logger: Logger,
  { instanceId, eventId, type }: Pick<Event, 'instanceId' | 'eventId' | 'type'>,
  error: unknown,
) => logger.warn('history.entry-left-out', { instanceId, eventId, type, error })

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

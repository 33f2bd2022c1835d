// Turns an event into a record that the log takes: what does not fit, or does not encode, becomes something that does. Nothing is lost.
import { createHash } from 'node:crypto'
import { type Codec, type EncodedEvent, EventError } from '../events/codec.ts'
import type { Event } from '../events/event.ts'
import type { ObjectStore } from '../objects/objects.ts'
import type { Logger } from '../runtime/logger.ts'
import { orAbort } from '../runtime/or-abort.ts'
import type { ProducerMetrics } from './producer-metrics.ts'

export type RecordFitter = {
  fit(event: Event, signal: AbortSignal): Promise<EncodedEvent>
  /** For a record the log refused as too large. null: it is as small as it gets. */
  shrink(event: Event, signal: AbortSignal): Promise<EncodedEvent | null>
}

/** Headers and framing that count towards a record's size. */
const overheadBytes = 4 * 1024

export function createRecordFitter(deps: {
  codec: Codec
  objects: ObjectStore
  rawInlineBytes: number
  maxRecordBytes: number
  /** How long the object store may take for what could stay in its record. */
  objectTimeoutMs: number
  logger: Logger
  metrics: ProducerMetrics
}): RecordFitter {
  const { codec, objects, metrics } = deps
  const fits = (record: EncodedEvent) => record.value.length + overheadBytes <= deps.maxRecordBytes

  async function fit(event: Event, signal: AbortSignal): Promise<EncodedEvent> {
    const isLong = (event.raw?.length ?? 0) > deps.rawInlineBytes
    const inline = isLong ? await movedOrWhole(event, signal) : event
    const record = encode(inline)
    return fits(record) ? record : ((await shrink(inline, signal)) ?? record)
  }

  /** Better a large record than a message that WhatsApp has to keep: without the object store, what fits stays whole. */
  async function movedOrWhole(event: Event, signal: AbortSignal): Promise<Event> {
    if (!fits(encode(event))) return moveRaw(event, signal)
    const patience = AbortSignal.any([signal, AbortSignal.timeout(deps.objectTimeoutMs)])
    try {
      return await orAbort(moveRaw(event, patience), () => patience.reason, patience)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const { instanceId, eventId } = event
      deps.logger.warn('record.raw-kept-inline', { instanceId, eventId, sizeBytes: event.raw?.length, error })
      return event
    }
  }

  async function shrink(event: Event, signal: AbortSignal): Promise<EncodedEvent | null> {
    const rawless = event.raw ? await moveRaw(event, signal) : event
    const record = encode(rawless)
    if (rawless !== event && fits(record)) return record
    if (rawless.type === 'unknown' && !rawless.payload) return rawless === event ? null : record
    metrics.shrunk.inc({ how: 'unknown' })
    // Without raw bytes of its own, what it says becomes them.
    const kept = rawless.rawObject ? rawless : { ...rawless, raw: Buffer.from(JSON.stringify(rawless)) }
    return encode(await moveRaw(asUnknown(kept, 'too large'), signal))
  }

  function encode(event: Event): EncodedEvent {
    try {
      return codec.encode(event)
    } catch (error) {
      if (!(error instanceof EventError)) throw error
      metrics.shrunk.inc({ how: 'unencodable' })
      return codec.encode(asUnknown(event, 'not encodable'))
    }
  }

  async function moveRaw(event: Event, signal: AbortSignal): Promise<Event> {
    const { raw } = event
    if (!raw) return event
    metrics.shrunk.inc({ how: 'raw-object' })
    const key = `raw/${event.eventId}`
    const metadata = { instance_id: event.instanceId, event_id: event.eventId }
    await objects.put({ key, body: once(raw), contentType: 'application/octet-stream', metadata }, signal)
    const sha256 = createHash('sha256').update(raw).digest('hex')
    return { ...event, raw: null, rawObject: { key, sizeBytes: raw.length, sha256 } }
  }

  return { fit, shrink }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** The envelope of the event, and its name; its own fields are in the raw bytes. */
function asUnknown(event: Event, why: string): Event {
  const { eventId, instanceId, epoch, sequence, occurredAt, recordedAt } = event
  const { chatId, chatPn, senderId, senderPn, messageId, fromMe, raw, rawObject } = event
  const place = { eventId, instanceId, epoch, sequence, occurredAt, recordedAt }
  const whose = { chatId: chatId ?? null, chatPn: chatPn ?? null, senderId: senderId ?? null, senderPn: senderPn ?? null }
  return {
    ...place,
    ...whose,
    type: 'unknown',
    messageId: messageId ?? null,
    fromMe: fromMe ?? null,
    raw: raw ?? null,
    rawObject: rawObject ?? null,
    source: 'stanza',
    name: `${event.type}: ${why}`,
  }
}

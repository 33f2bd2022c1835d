// Turns an event into a record that the log takes: what does not fit, or does not encode, becomes something that does. Nothing is lost.
// The last form reuses nothing that failed: every field of it is made to fit its schema (sound-envelope.ts), whatever a sender wrote.
import { createHash } from 'node:crypto'
import { describePayload } from '../../convert/describe-payload.ts'
import type { Codec, EncodedEvent } from '../../events/codec.ts'
import type { Event } from '../../events/event.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Logger } from '../../runtime/logger.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import { isInstant, soundEnvelope } from './sound-envelope.ts'
import { wholeEvent } from './whole-event.ts'

export type RecordFitter = {
  fit(event: Event, signal: AbortSignal): Promise<EncodedEvent>
  /** For a record the log refused as too large. null: it is as small as it gets. */
  shrink(event: Event, signal: AbortSignal): Promise<EncodedEvent | null>
  /** For an event whose records the log refused: `unknown`, with its raw bytes, or where those are for a log that takes too little for them. */
  last(event: Event, of: { isTooLarge: boolean }, signal: AbortSignal): Promise<EncodedEvent>
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

  async function fit(arrived: Event, signal: AbortSignal): Promise<EncodedEvent> {
    const event = timed(arrived)
    const isLong = (event.raw?.length ?? 0) > deps.rawInlineBytes
    const inline = isLong ? await movedOrWhole(event, signal) : event
    const record = encode(inline)
    return fits(record) ? record : ((await shrink(inline, signal)) ?? record)
  }

  /** A time that no schema or no reader takes is none: when it was recorded is the next best. */
  function timed(event: Event): Event {
    if (isInstant(event.occurredAt)) return event
    metrics.shrunk.inc({ how: 'instant' })
    return { ...event, occurredAt: event.recordedAt }
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
    return encode(await moveRaw(asUnknown(rawless, 'too large'), signal))
  }

  const last: RecordFitter['last'] = async (event, { isTooLarge }, signal) => {
    metrics.shrunk.inc({ how: 'unknown' })
    const unknown = asUnknown(event, isTooLarge ? 'too large' : 'refused')
    return codec.encode(isTooLarge ? await moveRaw(unknown, signal) : unknown)
  }

  /** Encoding depends on nothing but the event: whatever it throws, it throws again. */
  function encode(event: Event): EncodedEvent {
    try {
      return codec.encode(event)
    } catch {
      metrics.shrunk.inc({ how: 'unencodable' })
      return codec.encode(asUnknown(event, 'not encodable'))
    }
  }

  async function moveRaw(event: Event, signal: AbortSignal): Promise<Event> {
    const { raw } = event
    if (!raw) return event
    metrics.shrunk.inc({ how: 'raw-object' })
    const key = objects.newKey(`raw/${event.eventId}`)
    const metadata = { instance_id: event.instanceId, event_id: event.eventId }
    await objects.put({ key, body: once(raw), contentType: 'application/octet-stream', metadata }, signal)
    const sha256 = createHash('sha256').update(raw).digest('hex')
    return { ...event, raw: null, rawObject: { key, sizeBytes: raw.length, sha256 } }
  }

  return { fit, shrink, last }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Of `payload`, where an envelope had to be mended; what it says is in the raw bytes. */
const maxPayloadChars = 1_024

/**
 * The envelope of the event, made sound, and its name; its own fields are in the raw bytes. What has none becomes its own raw bytes.
 * Encodes for every event there can be.
 */
export function asUnknown(event: Event, why: string): Event {
  const { sound, replaced } = soundEnvelope(event)
  const isKept = sound.raw !== null || sound.rawObject !== null
  const payload = Object.keys(replaced).length === 0 ? null : describePayload(replaced).slice(0, maxPayloadChars)
  return {
    ...sound,
    raw: isKept ? (sound.raw ?? null) : wholeEvent(event),
    type: 'unknown',
    source: event.type === 'unknown' && event.source === 'baileys' ? 'baileys' : 'stanza',
    name: `${sound.type}: ${why}`,
    payload: payload === null ? null : payload.toWellFormed(),
  }
}

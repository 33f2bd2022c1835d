// Records to events, or to the reason why not. Nothing is left out in silence: what cannot be decoded is a poison, with its key.
import { type Codec, EventError } from '../events/codec.ts'
import type { Event } from '../events/event.ts'
import type { LogRecord } from '../log/log.ts'
import { readTraceparent } from '../runtime/traces.ts'
import type { Placed } from './projection.ts'

export type DecodedRecord =
  | { kind: 'event'; placed: Placed; key: string }
  | { kind: 'poison'; record: LogRecord; code: string; message: string }

/** In log order. Event types that this version does not know are passed over; `passedOver`: the key of each. Rejects when the registry is away. */
export async function decodeRecords(
  codec: Pick<Codec, 'decode'>,
  records: readonly LogRecord[],
  signal: AbortSignal,
): Promise<{ decoded: readonly DecodedRecord[]; passedOver: readonly string[] }> {
  const decoded: DecodedRecord[] = []
  const passedOver: string[] = []
  for (const record of records) {
    const one = await decodeRecord(codec, record, signal)
    if (one === null) passedOver.push(record.key)
    else decoded.push(one)
  }
  return { decoded, passedOver }
}

async function decodeRecord(codec: Pick<Codec, 'decode'>, record: LogRecord, signal: AbortSignal): Promise<DecodedRecord | null> {
  try {
    const event = await codec.decode(record.value, signal, record.shared)
    if (event === null) return null
    if (event.instanceId !== record.key) return misplaced(record, event.instanceId)
    return { kind: 'event', placed: placedOf(event, record), key: record.key }
  } catch (error) {
    if (error instanceof EventError) return { kind: 'poison', record, code: error.code, message: error.message }
    throw error
  }
}

function placedOf(event: Event, { topic, partition, offset, headers }: LogRecord): Placed {
  const placed = { event, position: { topic, partition, nextOffset: offset + 1n } }
  const traceparent = readTraceparent(headers.traceparent)
  return traceparent === null ? placed : { ...placed, traceparent }
}

/** Its instance may live in another partition, whose owner would write the same rows. */
const misplaced = (record: LogRecord, instanceId: string): DecodedRecord => ({
  kind: 'poison',
  record,
  code: 'misplaced',
  message: `decoding a record: expected its instance as key, got key ${JSON.stringify(record.key)} for instance ${JSON.stringify(instanceId)}`,
})

/** Quarantining needs to know whose record it is. */
export const isReadableKey = (key: string): boolean => /^[a-z0-9][a-z0-9_-]{0,62}$/.test(key)

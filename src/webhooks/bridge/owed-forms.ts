// The forms in which an owed record can go into the log, the whole one first; of what no log takes as it is, an attempt goes without what
// its receiver answered, a dead letter without its value.
import { type Codec, EventError } from '../../events/codec.ts'
import type { EventOf } from '../../events/event.ts'
import type { NewRecord } from '../../log/log.ts'
import type { OwedRow } from '../deliveries/outbox-rows.ts'

/** Headers stay: they say where a dead letter's record is in the log. A form rejects EventError where it cannot be made, RegistryError, which passes. */
export type OwedForm = (signal: AbortSignal) => Promise<NewRecord>

/** None: what it was to be made from is not there any more. */
export function formsOf(codec: Codec, { record, attempted }: OwedRow): readonly OwedForm[] {
  if (attempted === 'gone') return []
  if (attempted !== null)
    return [async () => codec.encode(attempted, record.key), async () => codec.encode(withoutTexts(attempted), record.key)]
  return [async () => record, signal => shrink(codec, record, signal)]
}

const withoutTexts = (event: EventOf<'delivery.attempted'>) => ({ ...event, response: null, error: null })

/** Attempts of earlier versions are here as they were encoded. */
async function shrink(codec: Codec, record: NewRecord, signal: AbortSignal): Promise<NewRecord> {
  const event = record.headers['event-type'] === 'delivery.attempted' ? await read(codec, record, signal) : null
  return event === null ? { ...record, value: null } : codec.encode(withoutTexts(event), record.key)
}

/** null: it cannot be read. */
async function read(codec: Codec, { value }: NewRecord, signal: AbortSignal): Promise<EventOf<'delivery.attempted'> | null> {
  try {
    const event = await codec.decode(value, signal)
    return event?.type === 'delivery.attempted' ? event : null
  } catch (error) {
    if (error instanceof EventError) return null
    throw error
  }
}

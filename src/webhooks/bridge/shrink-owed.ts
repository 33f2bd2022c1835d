// What is left of an owed record that no log takes as it is: an attempt without what its receiver answered, a dead letter without its value.
import { type Codec, EventError } from '../../events/codec.ts'
import type { Event } from '../../events/event.ts'
import type { NewRecord } from '../../log/log.ts'

/** Headers stay: they say where a dead letter's record is in the log. Rejects RegistryError, which passes. */
export async function shrinkOwed(codec: Codec, record: NewRecord, signal: AbortSignal): Promise<NewRecord> {
  const event = record.headers['event-type'] === 'delivery.attempted' ? await read(codec, record, signal) : null
  return event?.type === 'delivery.attempted'
    ? codec.encode({ ...event, response: null, error: null }, record.key)
    : { ...record, value: null }
}

/** null: it cannot be read. */
async function read(codec: Codec, { value }: NewRecord, signal: AbortSignal): Promise<Event | null> {
  try {
    return await codec.decode(value, signal)
  } catch (error) {
    if (error instanceof EventError) return null
    throw error
  }
}

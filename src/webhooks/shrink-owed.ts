// What is left of an owed record that no log takes as it is: an attempt without what its receiver answered, a dead letter without its value.
import type { Codec } from '../events/codec.ts'
import type { NewRecord } from '../log/log.ts'

/** Headers stay: they say where a dead letter's record is in the log. */
export async function shrinkOwed(codec: Codec, record: NewRecord, signal: AbortSignal): Promise<NewRecord> {
  if (record.headers['event-type'] === 'delivery.attempted') {
    const event = await codec.decode(record.value, signal)
    if (event?.type === 'delivery.attempted') return codec.encode({ ...event, response: null, error: null }, record.key)
  }
  return { ...record, value: null }
}

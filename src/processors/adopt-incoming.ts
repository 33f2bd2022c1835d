// Objects of versions that kept no rows: those that an event in the log proves to be ours get one, once per database. A key proves itself
// by its event's media key, which nobody else knows; neither a listing nor an object's metadata is asked.
import { type Codec, EventError } from '../events/codec.ts'
import type { Event } from '../events/event.ts'
import type { EventLog } from '../log/log.ts'
import { incomingName } from './download/incoming.ts'
import type { IncomingObject, IncomingRows } from './incoming-rows.ts'

type Proven = IncomingObject & { writtenAt: number }

const BATCH = 500

/** `topic` is that of media.downloaded. Interrupted, it begins again the next time. */
export async function adoptIncoming(
  deps: { log: EventLog; codec: Codec; rows: IncomingRows },
  topic: string,
  signal: AbortSignal,
): Promise<void> {
  if (await deps.rows.isAdopted()) return
  let batch: Proven[] = []
  for await (const { value } of deps.log.read(topic, { from: 'first', until: 'end' }, signal)) {
    const object = provenBy(await decode(value))
    if (object !== null) batch.push(object)
    if (batch.length < BATCH) continue
    await deps.rows.adopt(batch)
    batch = []
  }
  if (batch.length > 0) await deps.rows.adopt(batch)
  await deps.rows.markAdopted()

  /** null: not an event, which proves nothing. */
  async function decode(value: Uint8Array | null): Promise<Event | null> {
    try {
      return await deps.codec.decode(value, signal)
    } catch (error) {
      if (error instanceof EventError) return null
      throw error
    }
  }
}

function provenBy(event: Event | null): Proven | null {
  if (event?.type !== 'media.downloaded' || !event.mediaSource) return null
  const { instanceId, incomingKey: key, recordedAt: writtenAt } = event
  return key === incomingName(instanceId, event.mediaSource) ? { key, instanceId, writtenAt } : null
}

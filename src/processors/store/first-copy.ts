// When the first copy of an event happened. Where WhatsApp's clock said so, all copies say the same; where the time of arrival stands in
// for it, each copy has its own, and a file stored for the second one on another day would be a second object. Then the first copy's is
// kept beside the incoming files, and as long as they are. Copies of one event share a lane: they come here one after the other.
import type { EventOf } from '../../events/event.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { IncomingRows } from '../incoming-rows.ts'

/** Epoch milliseconds. Rejects ObjectError or DatabaseError. */
export async function firstCopyAt(
  { objects, incomingRows }: { objects: ObjectStore; incomingRows: Pick<IncomingRows, 'remember'> },
  event: EventOf<'media.downloaded'>,
  signal: AbortSignal,
): Promise<number> {
  if (event.occurredAtSaid == null) return event.occurredAt
  const key = objects.newKey(firstCopyName(event))
  const kept = await objects.get({ key }, signal)
  const keptAt = kept === null ? Number.NaN : Number(Buffer.concat(await Array.fromAsync(kept.body)).toString())
  if (Number.isSafeInteger(keptAt)) return keptAt
  const metadata = { instance_id: event.instanceId, event_id: event.sourceEventId }
  await incomingRows.remember({ key, instanceId: event.instanceId })
  await objects.put({ key, body: only(String(event.occurredAt)), contentType: 'text/plain', metadata }, signal)
  return event.occurredAt
}

/** Before the store gives it its place. */
export const firstCopyName = ({ instanceId, sourceEventId }: Pick<EventOf<'media.downloaded'>, 'instanceId' | 'sourceEventId'>) =>
  `incoming/${instanceId}/first/${sourceEventId}`

async function* only(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text)
}
